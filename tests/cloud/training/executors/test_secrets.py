"""Processes that train see no secret of the worker's."""

import pytest

from cloud.training.executors.secrets import without_secrets


@pytest.mark.parametrize(
    "name",
    [
        *("FEDEX_ENROLMENT", "FEDEX_STORE", "FEDEX_TLS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        *("AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "HTTPS_PROXY", "https_proxy", "GITHUB_TOKEN"),
        *("DATABASE_PASSWORD", "MY_APIKEY", "SOME_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "PGPASSWORD"),
    ],
)
def test_a_secret_is_not_inherited(name: str) -> None:
    assert without_secrets({name: "secret", "PATH": "/bin"}) == {"PATH": "/bin"}


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"),
        *("CUDA_HOME", "NVIDIA_DRIVER_CAPABILITIES", "TF_CPP_MIN_LOG_LEVEL", "XLA_FLAGS", "JAX_PLATFORMS"),
        *("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "KERAS_BACKEND", "MALLOC_ARENA_MAX", "XDG_CACHE_HOME"),
    ],
)
def test_what_a_library_needs_is(name: str) -> None:
    assert without_secrets({name: "1"}) == {name: "1"}
