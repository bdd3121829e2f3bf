"""Errors, sorted by who must act. Each message states the fact and the remedy in one line."""


class PagesightError(Exception):
    """Base of every error that pagesight raises on purpose."""


class DocumentError(PagesightError):
    """One document cannot be used: it is skipped and reported, and the batch goes on."""


class LockedError(DocumentError):
    """The file is encrypted, and none of the passwords given opens it."""


class StoppedError(DocumentError):
    """A worker process was stopped at a limit of time or memory, or crashed: the pages that it
    had in hand are lost, others of the document need not be."""


class SettingsError(PagesightError):
    """What the user asked for or configured cannot be done as it stands."""


class MissingError(SettingsError):
    """What was asked for is not there: a document, a page."""


class ServiceError(PagesightError):
    """Something outside the process failed: a model hub, an endpoint, a missing program.

    `retryable` tells whether the same call may succeed later.
    """

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class UnfinishedReplyError(ServiceError):
    """A reply that began and did not come to its end."""

    def __init__(self, message: str, text: str, *, retryable: bool = False) -> None:
        super().__init__(message, retryable=retryable)
        self.text = text
        """What came of it."""


class LibraryError(PagesightError):
    """The library folder is damaged, locked or made by something else."""
