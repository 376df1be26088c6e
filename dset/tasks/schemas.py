"""Stand-in."""

from typing import Any

from dset.errors import UsageError


class Schema:
    def __init__(self, document: dict[str, Any]) -> None:
        import jsonschema_rs

        try:
            self._it = jsonschema_rs.Draft202012Validator(document, validate_formats=True)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            raise UsageError(f"the schema cannot be used: {str(error).splitlines()[0]}") from None

    def faults(self, value: object) -> list[str]:
        return [f"{error.instance_path}: {error.message}" for error in self._it.iter_errors(value)]


def version(document: dict[str, Any]) -> str:
    return "0"
