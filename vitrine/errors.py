"""What all errors have in common whose message is for the people who use Vitrine."""


class UnusableError(Exception):
    """What was given, or what lies here, cannot be used; the message says why and what to do."""
