"""Run the carrier alone: python -m server.carrier --port 5100"""

from __future__ import annotations

import argparse
import os
import random
from pathlib import Path

from aiohttp import web

from server.carrier.app import CarrierConfig, VirtualClock, create_carrier_app

DEFAULT_PORT = 5100
DEFAULT_SID = f"AC{'0' * 31}1"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m server.carrier", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--account-sid", default=os.environ.get("TWILIO_ACCOUNT_SID", DEFAULT_SID))
    parser.add_argument("--auth-token", default=os.environ.get("TWILIO_AUTH_TOKEN", "local-carrier"))
    parser.add_argument("--cps", type=float, default=1.0, help="calls started per virtual second")
    parser.add_argument("--rate", type=float, default=1.0, help="virtual seconds per real second")
    parser.add_argument("--seed", type=int, help="makes SIDs and chaos reproducible")
    parser.add_argument("--data-dir", type=Path, help="also write the journal here")
    parser.add_argument("--webhook-host", action="append", default=[], help="one more host that webhooks may dial")
    given = parser.parse_args()
    usual = CarrierConfig(given.account_sid, given.auth_token, f"http://{given.host}:{given.port}")
    config = CarrierConfig(
        account_sid=given.account_sid,
        auth_token=given.auth_token,
        public_url=usual.public_url,
        cps=given.cps,
        data_dir=given.data_dir,
        webhook_hosts=usual.webhook_hosts | frozenset(given.webhook_host),
    )
    rng = random.SystemRandom() if given.seed is None else random.Random(given.seed)  # noqa: S311 - a simulation
    app = create_carrier_app(config, VirtualClock(given.rate), rng)
    web.run_app(app, host=given.host, port=given.port, handle_signals=True)


if __name__ == "__main__":
    main()
