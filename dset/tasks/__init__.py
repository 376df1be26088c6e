"""Tasks: a schema plans rows, and checks what comes back."""
