"""The program run through days in seconds: its own event loop, a clock that jumps, services that keep their books."""
