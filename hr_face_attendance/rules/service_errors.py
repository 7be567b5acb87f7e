"""Why the recognition service could not be asked, as types.

ServiceError
├── NoService             none is paired for this company
├── InPageRequest         somebody's page would wait for it; a job may ask
├── ServiceUnreachable    transient: not there, too slow, busy; retry_after_s
└── ServiceRefused        it answered, and did not like the question; code, field
"""


class ServiceError(Exception):
    """In words that a person may read."""

    def __init__(self, message):
        super().__init__(message)
        self.message = message


class NoService(ServiceError):
    pass


class InPageRequest(ServiceError):
    pass


class ServiceUnreachable(ServiceError):
    def __init__(self, message, retry_after_s=30):
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ServiceRefused(ServiceError):
    def __init__(self, message, code, field=None):
        super().__init__(message)
        self.code, self.field = code, field
