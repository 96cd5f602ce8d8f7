# SPDX-License-Identifier: Apache-2.0
"""The control interface: faults, the request log, the clocks, the trackers' settings, requests by the hundred.

People act through the trackers' own APIs; what they ask for in numbers may be handed in here at once.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from fastapi import Body, FastAPI, HTTPException, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, model_validator

from sandbox.batch import Answered, Asked, ask
from sandbox.clock import Clock
from sandbox.faults import Fault, Faults, FaultState
from sandbox.request_log import Entry, RequestLog
from sandbox.tracker import Tracker
from sandbox.world import Tenant


@dataclass(frozen=True)
class House:
    """One tenant, running."""

    tenant: Tenant
    url: str
    tracker: Tracker
    clock: Clock


@dataclass(frozen=True)
class Sandbox:
    """Everything that runs in this process."""

    control_url: str
    houses: dict[str, House]
    clock: Clock
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)

    def house(self, name: str) -> House:
        """Raises: HTTPException (404), for the control interface."""
        if name not in self.houses:
            raise HTTPException(404, f"no tenant {name!r}; there are: {', '.join(self.houses)}")
        return self.houses[name]

    def described(self) -> dict[str, Any]:
        """Where everything is and how each person logs in; also what `--write` puts into its file."""
        return {
            "control": self.control_url,
            "tenants": {
                name: {
                    "kind": house.tenant.kind,
                    "company": house.tenant.company,
                    "url": house.url,
                    "zone": house.tenant.zone,
                    "integration": house.tenant.integration,
                    "people": {alias: person.model_dump() for alias, person in house.tenant.people.items()},
                }
                for name, house in self.houses.items()
            },
        }


class ClockChange(BaseModel):
    """Moves a clock: by seconds, or to a time."""

    model_config = ConfigDict(extra="forbid")

    tenant: str | None = None
    """None: the clock of the whole sandbox."""
    advance: float | None = None
    at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.advance is None) == (self.at is None):
            raise ValueError("give either advance (seconds) or at (a time with its zone)")
        return self


def control_app(sandbox: Sandbox) -> FastAPI:
    """The app of the control port; its `/docs` page describes it."""
    app = FastAPI(title="Sandbox control", description=__doc__)

    @app.get("/world")
    async def world() -> dict[str, Any]:
        return sandbox.described()

    @app.get("/faults")
    async def faults() -> list[FaultState]:
        return sandbox.faults.all()

    @app.post("/faults", status_code=201)
    async def add_fault(fault: Fault) -> FaultState:
        if fault.tenant is not None:
            sandbox.house(fault.tenant)
        return sandbox.faults.add(fault)

    @app.delete("/faults", status_code=204)
    async def remove_faults(id: int | None = None) -> Response:
        sandbox.faults.remove(id)
        return Response(status_code=204)

    @app.get("/requests")
    async def requests(tenant: str | None = None, after: int = 0) -> list[Entry]:
        return sandbox.log.read(tenant, after)

    @app.delete("/requests", status_code=204)
    async def clear_requests(tenant: str | None = None) -> Response:
        sandbox.log.clear(tenant)
        return Response(status_code=204)

    @app.get("/clock")
    async def clocks() -> dict[str, datetime]:
        return {"": sandbox.clock.now()} | {name: house.clock.now() for name, house in sandbox.houses.items()}

    @app.post("/clock")
    async def move_clock(change: ClockChange) -> dict[str, datetime]:
        clock = sandbox.clock if change.tenant is None else sandbox.house(change.tenant).clock
        if change.at is not None:
            clock.set(change.at)
        elif change.advance is not None:
            clock.advance(change.advance)
        return {"now": clock.now()}

    @app.post("/tenants/{name}/requests")
    async def act(name: str, by: str, asked: list[Asked]) -> list[Answered]:
        """Do what one person (by alias) asks of a tracker, one thing after the other."""
        house = sandbox.house(name)
        if by not in house.tenant.people:
            raise HTTPException(404, f"no person {by!r} at {name}")
        return [await ask(house.tracker.app, house.tenant.people[by], one) for one in asked]

    @app.get("/tenants/{name}/settings")
    async def settings(name: str) -> dict[str, Any]:
        return sandbox.house(name).tracker.settings()

    @app.post("/tenants/{name}/settings")
    async def change_settings(name: str, changes: dict[str, Any] = Body()) -> dict[str, Any]:  # noqa: B008 (FastAPI's way)
        tracker = sandbox.house(name).tracker
        try:
            tracker.change_settings(changes)
        except ValidationError as error:
            raise HTTPException(422, error.errors(include_url=False, include_context=False)) from error
        return tracker.settings()

    return app
