"""An hf folder goes to the hub."""

from collections.abc import Callable
from pathlib import Path

from dset.cleaning import clean
from dset.errors import DsetError, UsageError
from dset.exports.options import Options

Tell = Callable[[str], None]


class PushError(DsetError):
    """The hub did not take the dataset; the folder stands, and can be uploaded again."""

    exit_status = 1


def upload(folder: Path, options: Options, tell: Tell) -> None:
    """Upload the folder to the dataset `options.push`, private unless asked otherwise.

    A dataset that is there keeps its visibility. Raises UsageError where the token or the visibility is not right, PushError where the hub cannot be reached.
    """
    from httpx2 import HTTPError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    api = HfApi(token=options.token)
    try:
        api.create_repo(options.push, repo_type="dataset", private=not options.public, exist_ok=True)
        private = bool(api.repo_info(options.push, repo_type="dataset").private)
        if not (options.public or private):
            raise UsageError(f"{options.push} is public on the hub already: say --public, or name another")
        made = api.upload_folder(
            repo_id=options.push,
            repo_type="dataset",
            folder_path=folder,
            commit_message=f"Add {folder.name}",
        )
    except HfHubHTTPError as error:
        raise _refused(error.response.status_code, str(error), folder, options) from None
    except (HTTPError, OSError, ValueError, RuntimeError) as error:
        raise PushError(
            _line(f"the hub cannot be reached: {type(error).__name__}: {error}", folder, options)
        ) from None
    tell(f"uploaded {'privately' if private else 'publicly'}: {clean(str(made))}")


def _refused(status: int, said: str, folder: Path, options: Options) -> DsetError:
    if status in {401, 403}:
        return UsageError(
            _line(
                f"the hub refuses the token for {options.push} ({status}): it must be allowed to write there",
                folder,
                options,
            )
        )
    return PushError(_line(f"the hub answered {status}: {said}", folder, options))


def _line(reason: str, folder: Path, options: Options) -> str:
    reason = reason.replace(options.token, "…") if options.token else reason
    return f"{clean(reason)}; the folder stands: {folder}"
