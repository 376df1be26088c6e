class Names:
    def found(self, text: str) -> tuple[str, ...]:
        return ()
