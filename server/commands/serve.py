"""`oqu serve`: bind, open the data folder, print the address, serve until told to stop."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import secrets
import signal
import socket
import threading
from contextlib import AsyncExitStack
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp

from server.address import Address, announced, in_use
from server.errors import ConflictError
from server.files import HomeLock
from server.forks import ForkServer
from server.front import Front
from server.log import configure
from server.settings import Settings
from server.web import Traffic

if TYPE_CHECKING:
    from fastapi import FastAPI

GRACE_SECONDS = 3
BACKLOG = 2048


def serve(settings: Settings, *, browser: bool) -> None:
    """Serve until a signal comes. Raises OquError where it cannot start."""
    configure(as_json=settings.log_json)
    logging.basicConfig(level=logging.WARNING)
    if in_use(settings.home):
        HomeLock(settings.home).acquire()  # says who has it
    bound = _bind(settings.host, settings.port)
    settings = _reachable(settings)
    with bound:
        asyncio.run(_serve(settings, bound, browser))


def _bind(host: str, port: int) -> socket.socket:
    """The address is taken at once, so that what cannot work fails before anything is opened."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for an ACK
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)  # who comes before everything is open waits a moment
    except OSError as error:
        bound.close()
        raise ConflictError(
            "server.port",
            f"Port {port} of {host} is not free ({error.strerror}).",
            hint="Stop what uses it, or choose another: oqu serve --port 8001 (0 takes a free one).",
        ) from error
    return bound


def loopback(host: str) -> bool:
    """Whether only this machine can reach that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reachable(settings: Settings) -> Settings:
    """Settings for others on the network: a token in any case, and the machine's own addresses as names."""
    if loopback(settings.host):
        return settings
    made = settings.token or SecretStr(secrets.token_urlsafe(24))
    names = (*settings.hosts, *_own_addresses(settings.host))
    return settings.model_copy(update={"token": made, "hosts": names})


def _own_addresses(host: str) -> list[str]:
    """The numbers by which others reach this machine. A number cannot be another site's name in disguise."""
    if host not in ("0.0.0.0", "::"):
        return [f"[{host}]" if ":" in host else host]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: asks which address would be used
        except OSError:
            return []
        return [str(probe.getsockname()[0])]


async def _serve(settings: Settings, bound: socket.socket, browser: bool) -> None:
    traffic = Traffic()
    front = Front(settings, traffic)
    server = uvicorn.Server(
        uvicorn.Config(
            front,
            lifespan="off",  # entered below, so that what fails at the start is said in one sentence
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_max_size=settings.message_bytes,
            access_log=False,
            log_config=None,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True  # uvicorn takes over while it serves, and raises it again at its end

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    async with AsyncExitStack() as stack:
        forks = ForkServer()
        stack.push_async_callback(forks.close)
        forks.launch()  # it takes longest: beside all the rest
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            address = Address(
                _url(settings, bound), settings.token.get_secret_value() if settings.token else None
            )
            _greet(settings, address, browser)
            front.become(await _opened(settings, traffic, forks, stack))
            stack.enter_context(announced(settings.home, address))
        except BaseException:
            server.should_exit = True
            front.give_up()
            await serving
            raise
        await serving
    print("Oqu has stopped. Runs that were not finished go on at the next start.", flush=True)


async def _opened(settings: Settings, traffic: Traffic, forks: ForkServer, stack: AsyncExitStack) -> ASGIApp:
    """The application, loaded beside the first requests and then opened; closed when the stack is."""
    module = await asyncio.to_thread(import_module, "server.app")
    app: FastAPI = module.create_app(settings, traffic=traffic, forks=forks)
    await stack.enter_async_context(app.router.lifespan_context(app))
    return app


def _url(settings: Settings, bound: socket.socket) -> str:
    port = bound.getsockname()[1]
    if settings.host in ("0.0.0.0", "::"):
        return f"http://127.0.0.1:{port}"
    return f"http://[{settings.host}]:{port}" if ":" in settings.host else f"http://{settings.host}:{port}"


def _greet(settings: Settings, address: Address, browser: bool) -> None:
    """The address, with the token where there is one: printed once, stored nowhere else."""
    link = f"{address.url}/?token={address.token}" if address.token else address.url
    print(f"Oqu runs at {link}  (data in {settings.home}; stop with Ctrl-C)", flush=True)
    if address.token:
        port = address.url.rsplit(":", 1)[1]
        for name in settings.hosts:
            print(f"  for others: http://{name.rsplit(':', 1)[0]}:{port}/?token={address.token}", flush=True)
    if browser:
        threading.Thread(target=_open, args=(link,), daemon=True).start()


def _open(link: str) -> None:
    import webbrowser

    webbrowser.open(link)
