"""A polite client: one session and one pace a host, patient with faults, never silent on gaps."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import orjson
import requests

from data.errors import NetworkProblem
from survey.answers import retry_after, told
from survey.found import clean
from survey.stored import Question, Stored

__all__ = [
    "BadRequest",
    "Budget",
    "Denied",
    "Failing",
    "Host",
    "NotFound",
    "NotStored",
    "Spent",
    "Unreachable",
    "as_json",
]

T = TypeVar("T")
_WRONG_ADDRESS = (
    requests.exceptions.InvalidURL,  # also of a proxy
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
TIMEOUT = (10.0, 60.0)  # seconds to connect, seconds without a byte
ATTEMPTS = 8  # for one answer
STRANGER = 3  # attempts to connect to a host that has not answered once in this run
REFUSALS = 12  # times that a service may say `too many requests` for one answer
LONGEST_WAIT = 60.0  # first waits, where the service names no time
AGENT = "i2i-atlas (survey of image-to-image translation)"
GOES_ON = "what came so far is kept; to go on: the same command"


class NotFound(Exception):
    """The service does not know what was asked (404)."""


class BadRequest(Exception):
    """The service refuses the request as it is (400): asking again is of no use."""


class Denied(NetworkProblem):
    """The service wants a key, or refuses this one (401, 403)."""


class Spent(NetworkProblem):
    """The service's allowance, or the patience of this run, is used up: go on later."""


class Unreachable(NetworkProblem):
    """No connection to the service, however often it was tried."""


class Failing(NetworkProblem):
    """The service answers, but not what was asked, however often it was asked."""


class NotStored(NetworkProblem):
    """`--offline` asks for an answer that was never received."""


@dataclass(slots=True)
class Budget:
    """Seconds that may be lost to services that fail or say wait."""

    seconds: float = 1800.0
    spent: float = 0.0


class _Fault(NamedTuple):
    """Why an attempt gave nothing, and how long to wait before the next."""

    reason: str
    wait: float
    refused: bool = False  # too many requests: the service is well
    connected: bool = True


class _Session(requests.Session):
    """Gives a key to nobody but the host that it is for."""

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Called for each redirect."""
        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]
        asked, goes_to = response.request.url, prepared_request.url
        if self.should_strip_auth(asked, goes_to):  # type: ignore[no-untyped-call]
            prepared_request.headers.pop("x-api-key", None)


def _quiet(reason: str) -> None:
    """Told of every wait; `reason` is empty when it is over."""


@dataclass(slots=True, kw_only=True)
class Host:
    """One service. `delay` is the least number of seconds between an answer and a request."""

    name: str
    base: str
    delay: float = 0.0
    backoff: float = 1.0  # first wait after a fault, doubled each time
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)  # on every request, never stored
    stored: Stored | None = None
    offline: bool = False
    budget: Budget = field(default_factory=Budget)
    on_wait: Callable[[str], None] = _quiet
    requests_made: int = 0
    _answers: int = 0
    _session: requests.Session = field(default_factory=_Session)
    _last: float | None = None

    def get(
        self,
        path: str,
        params: Mapping[str, Any],
        decode: Callable[[bytes], T],
        attempts: int = ATTEMPTS,
    ) -> T:
        """GET `base + path`; `decode` turns the body into a value or raises ValueError.

        A body that is cut, or is not what was asked (HTML with status 200), is asked for again,
        as are 429, 5xx, timeouts and broken connections. Raises NotFound, BadRequest, Denied,
        Spent, and Failing or Unreachable when the attempts are used up.
        """
        return self._ask(Question("GET", path, params), decode, attempts)

    def post(
        self, path: str, params: Mapping[str, Any], body: Any, decode: Callable[[bytes], T]
    ) -> T:
        """The same with a JSON body."""
        return self._ask(Question("POST", path, params, body), decode, ATTEMPTS)

    def all_stored(self, path: str) -> Iterator[tuple[dict[str, str], bytes]]:
        """Parameters and bodies of all stored answers to a path, the oldest first."""
        return self.stored.all(path) if self.stored is not None else iter(())

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def _ask(self, question: Question, decode: Callable[[bytes], T], attempts: int) -> T:
        if self.offline:
            return self._replay(question, decode)
        faults: list[_Fault] = []
        while True:
            self._pace()
            began = time.monotonic()
            try:
                response = self._send(question)
                fault = self._judge(response, len(faults))
                if fault is None:
                    value = decode(response.content)
                    if self.stored is not None:
                        self.stored.keep(question, response.content)
                    return value
            except (requests.RequestException, ValueError) as problem:
                fault = self._broken(problem, len(faults))
            finally:
                # From its end: when the service began to count is not known here.
                self._last = time.monotonic()
            self.budget.spent += time.monotonic() - began
            faults.append(fault)
            self._give_up(question.path, faults, attempts)
            self._wait(fault)

    def _send(self, question: Question) -> requests.Response:
        self.requests_made += 1
        response = self._session.request(
            question.method,
            self.base.rstrip("/") + question.path,
            params={**question.params, **self.params},
            json=question.body,
            headers={"User-Agent": AGENT, **self.headers},
            timeout=TIMEOUT,
        )
        self._answers += 1
        return response

    def _judge(self, response: requests.Response, before: int) -> _Fault | None:
        """None for an answer, the fault if another try may help, else an exception."""
        status = response.status_code
        if status == 200:
            return None
        reason = told(response)
        if status in (404, 410):
            raise NotFound(reason)
        asked = retry_after(response)
        # 403 is also what a service says to those who ask too fast.
        if status == 401 or (status == 403 and asked is None and before >= 2):
            raise Denied(f"{self.name} refuses: {reason}")
        if status == 402 or (status == 429 and asked is None and "daily" in reason.lower()):
            raise Spent(f"{self.name}: {reason}", hint="go on tomorrow: the same command")
        if status in (403, 408, 425, 429) or status >= 500:
            wait = self._backoff(before) if asked is None else max(asked, self.backoff / 2)
            return _Fault(reason, wait, refused=status == 429)
        raise BadRequest(reason)

    def _broken(self, problem: Exception, before: int) -> _Fault:
        cut = requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError
        wait = self._backoff(before)
        if isinstance(problem, cut):
            return _Fault("the answer was cut", wait)
        if isinstance(problem, _WRONG_ADDRESS):
            raise Unreachable(
                f"{self.name} cannot be asked at {self.base}: this or a proxy's address is wrong",
                hint="look at them: env | grep -i -e _proxy -e ATLAS_",
            ) from None
        if isinstance(problem, requests.exceptions.SSLError):
            return _Fault("it gives no secure connection", wait, connected=False)
        if isinstance(problem, requests.ReadTimeout):
            return _Fault("no answer in time", wait)
        if isinstance(problem, requests.ConnectionError):
            return _Fault("no connection, or it broke", wait, connected=False)
        if isinstance(problem, json.JSONDecodeError):
            return _Fault("the answer is cut or no JSON", wait)
        if isinstance(problem, requests.RequestException):
            return _Fault(type(problem).__name__, wait)  # its text may hold the key
        return _Fault(clean(str(problem))[:200], wait)

    def _give_up(self, path: str, faults: list[_Fault], attempts: int) -> None:
        """Raise when enough was tried."""
        last = faults[-1]
        failed = sum(not fault.refused for fault in faults)
        if len(faults) - failed >= REFUSALS:
            raise Spent(f"{self.name} went on saying {last.reason}", hint=GOES_ON)
        if not last.connected and failed >= (attempts if self._answers else STRANGER):
            raise Unreachable(
                f"{self.name} cannot be reached at {self.base}: {last.reason}", hint=GOES_ON
            )
        if failed >= attempts:
            raise Failing(f"{self.name}: {path} failed {failed} times: {last.reason}", hint=GOES_ON)

    def _pace(self) -> None:
        # A monotonic clock: a person or a server may set the other one while a crawl runs.
        if self._last is not None:
            time.sleep(max(0.0, self._last + self.delay - time.monotonic()))

    def _backoff(self, before: int) -> float:
        return self.backoff * min(LONGEST_WAIT, 2.0**before) * random.uniform(0.5, 1.0)

    def _wait(self, fault: _Fault) -> None:
        seconds, budget = fault.wait, self.budget
        if budget.spent + seconds > budget.seconds:
            raise Spent(
                f"{self.name} asks to wait {seconds:.0f} s ({fault.reason}); {budget.spent:.0f} of "
                f"{budget.seconds:.0f} s for waiting are used",
                hint=GOES_ON,
            )
        self.on_wait(f"{self.name}: waiting {seconds:.0f} s ({fault.reason})")
        time.sleep(seconds)
        budget.spent += seconds
        self.on_wait("")

    def _replay(self, question: Question, decode: Callable[[bytes], T]) -> T:
        answer = self.stored.answer(question) if self.stored is not None else None
        try:
            if answer is not None:
                return decode(answer)
        except ValueError:
            pass  # a file that was damaged
        raise NotStored(
            f"{self.name}: the answer to {question.path} is not stored here",
            hint="once without --offline: the same command",
        )


def as_json(content: bytes) -> Any:
    """The value of a JSON body; ValueError for a cut one and for HTML."""
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        value = json.loads(content)  # what is no JSON by the letter: NaN, half a surrogate pair
    if not isinstance(value, dict | list):
        raise ValueError("the answer is no JSON object")
    return value
