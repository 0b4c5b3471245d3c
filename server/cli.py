"""The command line: `ringback serve | demo | check-config | migrate | carrier | user | doctor`.

A problem a person can mend is one sentence on standard error and exit code 2.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import getpass
import os
import socket
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from server.errors import AppError
from server.log import configure_logging
from server.settings import Settings, SettingsError, from_env, table

USAGE_ERROR = 2


class Refusal(Exception):  # noqa: N818
    """One sentence for the person at the command line; the program ends with exit code 2."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ringback", description="Chat and bridged callbacks behind one widget.")
    commands = parser.add_subparsers(dest="command", required=True)

    serve = commands.add_parser("serve", help="run the server")
    serve.add_argument("--ready-file", type=Path, help="write addresses there, as JSON, once everything answers")
    serve.add_argument("--seed", type=Path, help=argparse.SUPPRESS)

    demo = commands.add_parser("demo", help="run the whole product on this machine, with a shop and virtual phones")
    demo.add_argument(
        "--ready-file", type=Path, help="write addresses and sign-ins there, as JSON, once everything answers"
    )
    demo.add_argument("--bare", action="store_true", help="without the survey and the drafts of rules to look at")
    demo.add_argument("--port", type=int, help="port of the server (default RINGBACK_PORT or 8080)")
    demo.add_argument("--shop-port", type=int, help="port of the demo shop (default: the server's + 1)")
    demo.add_argument("--carrier-port", type=int, help="port of the local carrier (default: the server's + 2)")

    commands.add_parser("check-config", help="print every setting and say what is wrong")
    commands.add_parser("migrate", help="bring the database up to date and exit")

    carrier = commands.add_parser("carrier", help="run the local carrier alone")
    carrier.add_argument("--port", type=int, default=8082)

    user = commands.add_parser("user", help="manage people")
    user.add_argument("action", choices=["add", "password", "list"])
    user.add_argument("--account", default="", help="name of the account; made when it is not there yet")
    user.add_argument("--email", default="")
    user.add_argument("--name", default="")
    user.add_argument("--role", choices=["consultant", "marketer", "admin"], default="consultant")
    user.add_argument("--phone", default="", help="E.164; consultants are rung on it")

    site = commands.add_parser("site", help="manage sites")
    site.add_argument("action", choices=["add", "list"])
    site.add_argument("--account", default="")
    site.add_argument("--name", default="")
    site.add_argument("--country", default="US", help="ISO 3166 code of the country whose phones are called, like MD")
    site.add_argument("--origin", action="append", default=[], help="an origin that may embed the widget; repeatable")

    commands.add_parser("doctor", help="look for what would stop the server from working")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 failed, 2 something the person has to mend."""
    options = _parser().parse_args(arguments)
    try:
        settings = from_env(os.environ)
        configure_logging(settings.log_format)
        return _run(options, settings)
    except SettingsError as wrong:
        return _refuse(" ".join(wrong.problems))
    except Refusal as refusal:
        return _refuse(str(refusal))
    except KeyboardInterrupt:
        return 0


def _refuse(sentence: str) -> int:
    print(f"ringback: {sentence}", file=sys.stderr)
    return USAGE_ERROR


def _run(options: argparse.Namespace, settings: Settings) -> int:
    match options.command:
        case "check-config":
            for name, value, about in table(settings):
                print(f"{name:32} {value or '-':28} {about}")
            return 0
        case "serve":
            from server.serve import serve

            port_is_free(settings.host, settings.port)
            return _loop(serve(settings, ready_file=options.ready_file, seed_file=options.seed))
        case "demo":
            from server.demo.run import run_demo

            return _loop(run_demo(settings, options))
        case "carrier":
            from server.demo.run import run_carrier

            port_is_free(settings.host, options.port)
            return _loop(run_carrier(settings, options.port))
        case "migrate" | "user" | "site" | "doctor":
            from server import admin_commands

            if options.command == "user" and options.action in ("add", "password"):
                options.password = _password()
            return _loop(admin_commands.run(settings, options))
        case _:
            raise AssertionError(options.command)


def _loop(work: Coroutine[Any, Any, int]) -> int:
    """Run `work` on the fastest event loop there is; a refusal from inside is one sentence too."""
    from server.mongo import DatabaseUnusable
    from server.mongod import MongodError

    try:
        import uvloop

        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    except ImportError:
        runner = asyncio.Runner()
    try:
        with runner:
            return runner.run(work)
    except (MongodError, DatabaseUnusable) as wrong:
        raise Refusal(str(wrong)) from None
    except AppError as wrong:
        if wrong.code == "unavailable":
            raise Refusal("The database does not answer; is RINGBACK_MONGODB_URL right?") from None
        raise Refusal(f"Refused: {wrong.code} {wrong.details or ''}".strip()) from None
    except OSError as wrong:
        if wrong.errno in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
            raise Refusal(f"Cannot listen: {wrong.strerror}.") from None
        raise


def port_is_free(host: str, port: int) -> None:
    """Refuse in one sentence when the port cannot be listened on."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family[0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(family[4])
    except OSError as wrong:
        raise Refusal(
            f"Port {port} on {host} cannot be used ({wrong.strerror}); stop what uses it or set RINGBACK_PORT."
        ) from None


def _password() -> str:
    """Return a password from standard input, typed twice when a person sits there."""
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise Refusal("The two passwords differ.")
    if len(password) < 10:
        raise Refusal("A password has at least 10 characters.")
    return password
