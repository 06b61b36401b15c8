"""The pages: the front page with the paper's Figure 2, a page for each pool, the way in and out, and what they load."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

from flask import Blueprint, Flask, Response, current_app, g, redirect, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from cloud import audit
from cloud.audit import AuditEvent
from cloud.errors import RequestRefused, StoreError, Unauthenticated
from cloud.identity.operators import Operator, OperatorAuthenticator
from cloud.overview import report, words
from cloud.overview.reader import OverviewReader
from cloud.overview.values import Overview, PoolView
from cloud.store.store import ObjectStore
from cloud.web import bodies
from cloud.web.dashboard import charts, curves
from cloud.web.dashboard.figure import draw
from cloud.web.dashboard.session import COOKIE, LIFE_S, Sessions
from cloud.web.dashboard.watch import Watch
from cloud.web.service import guessing
from contract.files import sha256_hex
from contract.rollout import PARTS
from contract.routes import BEARER, CACHE_CONTROL

logger = logging.getLogger(__name__)

EXTENSION = "fedex-dashboard"
MAX_FORM_BYTES = 4 << 10
REFRESH_S = 30
SHOWN = 12
"""Rows of a table before the rest is folded away."""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STATIC = {"dashboard.css": "text/css", "dashboard.svg": "image/svg+xml"}

_FOLDER = Path(__file__).parent
_FORM = "application/x-www-form-urlencoded"

blueprint = Blueprint("dashboard", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What the pages of one process share."""

    sessions: Sessions
    watch: Watch


def register_dashboard(app: Flask, store: ObjectStore, *, operators: OperatorAuthenticator) -> Watch:
    """Add the pages to an app, and return what they see."""
    watch = Watch(OverviewReader(store))
    app.extensions[EXTENSION] = Dashboard(Sessions(operators), watch)
    app.jinja_env.filters |= {
        "age": words.age,
        "moment": words.moment,
        "percent": words.percent,
        "short": words.short,
        "size": words.size,
    }
    app.jinja_env.globals |= {
        "several": words.several,
        "describe_erasures": report.describe_erasures,
        "describe_worker": report.describe_worker,
        "PARTS": PARTS,
    }
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(blueprint)
    return watch


@blueprint.get("/")
def front() -> AnyResponse:
    """Answer the front page."""
    operator = _operator()
    if operator is None:
        return _to_login()
    overview = _dashboard().watch.look(operator.group)
    pools = overview.pools
    only = _dashboard().watch.look_at(pools[0]) if len(pools) == 1 and not overview.more_pools else None
    return _page("front.html", operator, overview, figure=draw(overview), view=only, **_charts(only))


@blueprint.get("/pools/<group>/<hash:space>")
def pool(group: str, space: str) -> AnyResponse:
    """Answer the page of one pool."""
    operator = _operator()
    if operator is None:
        return _to_login()
    overview = _dashboard().watch.look(operator.group)
    found = next((one for one in overview.pools if (one.pool.group, one.pool.space) == (group, space)), None)
    if found is None:
        raise NotFound
    view = _dashboard().watch.look_at(found)
    return _page("pool.html", operator, overview, view=view, **_charts(view))


@blueprint.get("/login")
def login() -> AnyResponse:
    """Answer the form for an operator's token."""
    return _answer(render_template("login.html", refused=False))


@blueprint.post("/login")
def log_in() -> AnyResponse:
    """Open a session."""
    bodies.check_media_type(_FORM)
    token = _token_in(bodies.read_body(MAX_FORM_BYTES, chunks=False).decode("ascii", "replace"))
    try:
        with guessing(f"{BEARER}{token}"):
            cookie = _dashboard().sessions.open(token, now=int(time.time()))
    except Unauthenticated:
        audit.note(AuditEvent.IDENTITY_REFUSED, by=g.address or "unknown", where="login", got="no operator's token")
        return _answer(render_template("login.html", refused=True), status=HTTPStatus.FORBIDDEN)
    except RequestRefused as error:
        later = _answer(render_template("login.html", too_often=True), status=HTTPStatus.TOO_MANY_REQUESTS)
        later.headers.update(error.headers)
        return later
    answer = redirect("/", HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        COOKIE, cookie, max_age=LIFE_S, path="/", httponly=True, samesite="Lax", secure=request.scheme == "https"
    )
    return answer


def _token_in(form: str) -> str:
    """Return the token of a form; nothing where there is none, or more fields than the form has."""
    try:
        return parse_qs(form, max_num_fields=4).get("token", [""])[0].strip()
    except ValueError:
        return ""


@blueprint.post("/logout")
def log_out() -> AnyResponse:
    """Forget the session in this browser."""
    answer = _to_login()
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
    return answer


@blueprint.get("/<any('dashboard.css','dashboard.svg'):name>")
def static_file(name: str) -> AnyResponse:
    """Answer what the pages load."""
    body = (_FOLDER / "static" / name).read_bytes()
    answer = Response(body, mimetype=STATIC[name], headers=HEADERS | {CACHE_CONTROL: "public, no-cache"})
    answer.set_etag(sha256_hex(body))
    return answer.make_conditional({"REQUEST_METHOD": request.method} | _if_none_match())


@blueprint.errorhandler(StoreError)
def store_failed(error: StoreError) -> AnyResponse:
    """Say on a page that the store does not answer."""
    logger.warning("store: %s", error)
    answer = _answer(render_template("trouble.html", error=error), status=HTTPStatus.SERVICE_UNAVAILABLE)
    answer.headers["Retry-After"] = str(REFRESH_S)
    return answer


@blueprint.errorhandler(NotFound)
def not_found(_: NotFound) -> AnyResponse:
    """Say on a page that there is no such pool."""
    return _answer(render_template("trouble.html", error=None), status=HTTPStatus.NOT_FOUND)


def _operator() -> Operator | None:
    """Return the operator whose browser asks; None where it has no session."""
    operator = _dashboard().sessions.operator(request.cookies.get(COOKIE, ""), now=int(time.time()))
    if operator is not None:
        g.operator = operator.id
    return operator


def _dashboard() -> Dashboard:
    dashboard: Dashboard = current_app.extensions[EXTENSION]
    return dashboard


def _to_login() -> AnyResponse:
    return redirect("/login", HTTPStatus.SEE_OTHER)


def _page(template: str, operator: Operator, overview: Overview, **more: object) -> Response:
    is_live = request.args.get("live") == "1"
    text = render_template(template, operator=operator, overview=overview, shown=SHOWN, is_live=is_live, **more)
    answer = _answer(text)
    if is_live:
        answer.headers["Refresh"] = str(REFRESH_S)
    return answer


def _charts(view: PoolView | None) -> dict[str, object]:
    if view is None:
        return {}
    return {
        "accuracy": charts.chart_accuracy(view.history),
        "trials": charts.chart_trials(view.last_trials),
        "loss": curves.chart_loss(view.last_trials),
        "right": curves.chart_right(view.last_trials),
        "uploads": charts.chart_days(view.days, of="uploads"),
        "rows": charts.chart_days(view.days, of="rows"),
    }


def _answer(text: str, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(text, status=status, mimetype="text/html", headers=HEADERS | {CACHE_CONTROL: "no-store"})


def _if_none_match() -> dict[str, str]:
    name = "HTTP_IF_NONE_MATCH"
    return {name: request.environ[name]} if name in request.environ else {}
