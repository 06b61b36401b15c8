"""The service's own certificate, tried before anything is started with it."""

from __future__ import annotations

import ssl

from cloud.errors import SettingError
from cloud.settings import Settings


def check_certificate(settings: Settings) -> None:
    """Refuse what gunicorn would find out in each process, over and over.

    Raises:
        SettingError: the certificate or its key cannot be used, or one of them is missing.
    """
    if settings.tls_cert is None and settings.tls_key is None:
        return
    if settings.tls_cert is None or settings.tls_key is None:
        raise SettingError("FEDEX_TLS_CERT and FEDEX_TLS_KEY: expected both or neither, got one")
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password=lambda: "")  # never ask the terminal
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        expected = "expected a certificate and its unencrypted key, as PEM files"
        got = f"{settings.tls_cert} and {settings.tls_key}: {error}"
        raise SettingError(f"FEDEX_TLS_CERT and FEDEX_TLS_KEY: {expected}, got {got}") from error
