"""How a page is asked for and answered: who it is, whether the form is ours, then the handler in a worker thread.

Whoever has not logged in is led to the form that takes a token. A form is taken only from a page of our own: its origin
is ours, and it carries the key that was made for the cookie. Every answer has a content policy that lets nothing be
loaded from elsewhere and no script or style stand in a page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from importlib import resources
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapter.api.application import NOBODY, Desk, Page
from adapter.api.callers import PEER_CERTIFICATE, require_local_name, require_own_origin
from adapter.api.operation import Call, mistakes_in
from adapter.api.pages import answers, certificates, exchanges, front, partners, quarantine, stays
from adapter.api.pages.screen import Onward, Picture, Screen, Shown, Visit, rendered
from adapter.api.pages.sessions import Sessions
from adapter.api.problems import status_of
from adapter.config import Api
from adapter.errors import ACCESS_ORIGIN, ACCESS_SCOPE, ACCESS_UNKNOWN, REQUEST_REFUSED, AdapterError
from adapter.liability.rules import Language
from adapter.service.access import Caller, holder_of, known_by

SCREENS: tuple[Screen, ...] = (
    *front.SCREENS,
    *exchanges.SCREENS,
    *quarantine.SCREENS,
    *answers.SCREENS,
    *stays.SCREENS,
    *certificates.SCREENS,
    *partners.SCREENS,
)
"""Every page behind the login, in the order of the menu."""

MAX_FORM = 20_000
"""Octets of a form; its longest text is an answer of 4000 characters."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # With no-referrer a browser hides the origin of a form, and it could not be told from another site's.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_STATIC = {
    "pages.css": "text/css; charset=utf-8",
    "pages.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}

_HTML = "text/html; charset=utf-8"
_ONWARD = re.compile(r"/[a-z0-9/-]*")


def pages(desk: Desk, api: Api) -> tuple[BaseRoute, ...]:
    """The routes of the dashboard."""
    house = _House(desk, Sessions(api.session_idle, api.session_longest))
    by_path: dict[str, list[Screen]] = {}
    for screen in SCREENS:
        by_path.setdefault(screen.path, []).append(screen)
    return (
        *(
            Route(path, house.page(screens), methods=[one.method for one in screens])
            for path, screens in by_path.items()
        ),
        Route("/login", house.login, methods=["GET", "POST"]),
        Route("/logout", house.logout, methods=["POST"]),
        Route("/static/{name}", _static, methods=["GET"]),
    )


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _STATIC:
        raise HTTPException(404)
    content = (resources.files("adapter.api.pages") / "static" / name).read_bytes()
    return Response(content, headers={"Cache-Control": "max-age=300"}, media_type=_STATIC[name])


class _House:
    """Answers for pages."""

    def __init__(self, desk: Desk, sessions: Sessions) -> None:
        self._desk = desk
        self._sessions = sessions

    def page(self, screens: Sequence[Screen]) -> Page:
        """The endpoint of an address."""
        by_method = {screen.method: screen for screen in screens}

        async def answer(request: Request) -> Response:
            screen = by_method["GET" if request.method == "HEAD" else request.method]
            asked = _Asked(self._sessions, request)
            caller = await self._desk.work(partial(self._caller, asked, screen.path))
            if caller is None:
                return asked.leave_for("/login", said_to=request.url.path)
            if isinstance(caller, AdapterError):
                return self._refusal(asked, NOBODY, caller)
            try:
                form = await _form(request) if request.method == "POST" else {}
            except AdapterError as error:
                return self._refusal(asked, caller, error)
            return await self._desk.work(partial(self._answer, screen, asked, caller, form))

        return answer

    def _caller(self, asked: _Asked, what: str) -> Caller | AdapterError | None:
        """Who asks: None for somebody who has to log in first, an error for somebody who may not ask at all."""
        installation, request = self._desk.installation, asked.request
        now = installation.clock.now()
        token_id = self._sessions.token_of(asked.cookie, now, by_hand=not asked.is_live) if asked.cookie else None
        if token_id is not None:
            held = token_id
            found = installation.store.read_now(lambda reader: holder_of(reader, held, now))
            if found is not None:
                return found
            self._sessions.end(asked.cookie)
        try:
            return self._desk.doorkeeper.caller(request.headers, request.scope.get("state", {}).get(PEER_CERTIFICATE))
        except AdapterError as error:
            if error.kind is ACCESS_UNKNOWN:
                return None
            self._desk.write_down(what, NOBODY, error)
            return error

    def _answer(self, screen: Screen, asked: _Asked, caller: Caller, form: dict[str, str]) -> Response:
        try:
            if not caller.may(screen.scope):
                raise AdapterError(ACCESS_SCOPE, f"it needs the scope {screen.scope.value}")
            if screen.method == "POST":
                asked.require_own_form(form)
        except AdapterError as error:
            self._desk.write_down(f"{screen.method} {screen.path}", caller, error)
            return self._refusal(asked, caller, error)
        try:
            call = Call(self._desk.installation, caller, dict(asked.request.path_params), _query(screen.query, asked))
            shown = screen.handler(Visit(call, asked.language, self._desk.installation.clock.now(), form))
        except AdapterError as error:
            return self._refusal(asked, caller, error)
        if isinstance(shown, Onward):
            return asked.leave_for(shown.to)
        if isinstance(shown, Picture):
            return asked.finished(Response(shown.content, headers=_HEADERS, media_type="image/svg+xml"))
        return self._shown(asked, caller, shown)

    def _shown(self, asked: _Asked, caller: Caller, shown: Shown) -> Response:
        # An address that was refused may say anything, and is not handed on in a link.
        understood = shown.template != "refused.html"
        frame = {
            "menu": [one for one in SCREENS if one.entry and caller.may(one.scope)],
            "here": asked.request.url.path if understood else "/",
            "query": [pair for pair in parse_qsl(asked.request.url.query) if pair[0] != "lang"] if understood else [],
            "caller": caller,
            "form_key": self._sessions.form_key(asked.cookie),
            "has_session": asked.has_session,
        }
        html = rendered(shown.template, asked.language, self._desk.installation.clock.now(), {**frame, **shown.filling})
        return asked.finished(Response(html, shown.status, _HEADERS, _HTML))

    def _refusal(self, asked: _Asked, caller: Caller, error: AdapterError) -> Response:
        return self._shown(asked, caller, Shown("refused.html", {"error": error}, status_of(error)))

    async def login(self, request: Request) -> Response:
        """The form that takes a token, and what it leads to."""
        asked = _Asked(self._sessions, request)
        try:
            if self._desk.doorkeeper.is_open:
                require_local_name(request.headers)
                return asked.leave_for("/")
            if request.method != "POST":
                return self._login_form(asked, request.query_params.get("to", ""))
            form = await _form(request)
            asked.require_own_form(form)
        except AdapterError as error:
            self._desk.write_down("login", NOBODY, error)
            return self._refusal(asked, NOBODY, error)
        return await self._desk.work(partial(self._let_in, asked, form))

    def _login_form(self, asked: _Asked, to: str, *, wrong: bool = False) -> Response:
        to = to if _ONWARD.fullmatch(to) and not to.startswith("//") else ""
        return self._shown(asked, NOBODY, Shown("login.html", {"to": to, "wrong": wrong}, 401 if wrong else 200))

    def _let_in(self, asked: _Asked, form: dict[str, str]) -> Response:
        installation, shown = self._desk.installation, form.get("token", "").strip()
        now = installation.clock.now()
        caller = installation.store.read_now(lambda reader: known_by(reader, shown, now))
        if caller is None:
            self._desk.write_down("login", NOBODY, AdapterError(ACCESS_UNKNOWN))
            return self._login_form(asked, form.get("to", ""), wrong=True)
        self._sessions.end(asked.cookie)
        asked.cookie = self._sessions.begin(shown.partition(".")[0], now)
        to = form.get("to", "")
        if to in {"", "/"} or not _ONWARD.fullmatch(to) or to.startswith("//"):
            to = next((one.path for one in SCREENS if one.entry and caller.may(one.scope)), "/")
        return asked.leave_for(to)

    async def logout(self, request: Request) -> Response:
        """The end of a session."""
        asked = _Asked(self._sessions, request)
        try:
            asked.require_own_form(await _form(request))
        except AdapterError as error:
            return self._refusal(asked, NOBODY, error)
        self._sessions.end(asked.cookie)
        asked.cookie = self._sessions.fresh_id()
        return asked.leave_for("/login")


class _Asked:
    """One request of a browser: its cookie, its language, and how it is answered."""

    def __init__(self, sessions: Sessions, request: Request) -> None:
        self.request = request
        self._sessions = sessions
        # Cookies do not know ports: two adapters on one machine must not end each other's sessions.
        port = (request.scope.get("server") or ("", 0))[1]
        self._name, self._language_name = f"adapter-session-{port}", "adapter-language"
        shown = request.cookies.get(self._name, "")
        self.cookie = shown if re.fullmatch(r"[0-9a-f]{64}", shown) else sessions.fresh_id()
        self.is_live = request.headers.get("x-live") == "1"
        self._chosen = request.query_params.get("lang", "")
        self.language = self._spoken()

    def _spoken(self) -> Language:
        """The language that was chosen, now or before; else the browser's first that we speak."""
        for wanted in (self._chosen, self.request.cookies.get(self._language_name, "")):
            if wanted in {"en", "nb"}:
                return Language(wanted)
        return preferred(self.request.headers.get("accept-language", ""))

    @property
    def has_session(self) -> bool:
        """Whether there is a session to end."""
        return self._sessions.is_held(self.cookie)

    def require_own_form(self, form: dict[str, str]) -> None:
        """Raises `AdapterError` (ACCESS_ORIGIN) for a form that is not from a page of ours."""
        require_own_origin(self.request.headers)
        if not self._sessions.is_ours(self.cookie, form.get("form_key", "")):
            raise AdapterError(ACCESS_ORIGIN, "the form does not carry the key of its page; open the page again")

    def leave_for(self, to: str, said_to: str = "") -> Response:
        """Lead the browser on with GET."""
        onward = f"{to}?to={said_to}" if said_to not in {"", "/"} and _ONWARD.fullmatch(said_to) else to
        return self.finished(RedirectResponse(onward, 303, headers=_HEADERS))

    def finished(self, response: Response) -> Response:
        """The answer with the cookies that belong to it."""
        secure = self.request.url.scheme == "https"
        response.set_cookie(
            self._name,
            self.cookie,
            max_age=int(self._sessions.longest.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=secure,
        )
        if self._chosen in {"en", "nb"}:
            response.set_cookie(
                self._language_name, self._chosen, max_age=31_536_000, httponly=True, samesite="strict", secure=secure
            )
        return response


def preferred(accepted: str) -> Language:
    """The language of `Accept-Language` that weighs most: bokmål for every Norwegian, and English for all others."""
    found: list[tuple[float, int, Language]] = []
    for place, one in enumerate(accepted.split(",")[:20]):
        name, _, weight = one.strip().lower().partition(";q=")
        primary = name.partition("-")[0]
        if primary not in {"nb", "no", "nn", "en"}:
            continue
        try:
            weighs = float(weight or 1)
        except ValueError:
            continue
        found.append((-weighs, place, Language.ENGLISH if primary == "en" else Language.NORWEGIAN))
    return min(found)[2] if found else Language.ENGLISH


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form, each once. Raises `AdapterError` (REQUEST_REFUSED)."""
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise AdapterError(REQUEST_REFUSED, "a form is application/x-www-form-urlencoded")
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MAX_FORM:
            raise AdapterError(REQUEST_REFUSED, f"the form is over {MAX_FORM} octets")
    try:
        pairs = parse_qsl(content.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise AdapterError(REQUEST_REFUSED, "the form cannot be read") from None
    return dict(pairs)


def _query(kind: type[BaseModel], asked: _Asked) -> BaseModel:
    """What was asked for; a field of a filter that was left empty was not. Raises `AdapterError` (REQUEST_REFUSED)."""
    given = {name: value for name, value in asked.request.query_params.items() if value and name != "lang"}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise AdapterError(REQUEST_REFUSED, mistakes_in("query", error)) from None
