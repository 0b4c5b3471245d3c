"""A Twilio-compatible carrier on this machine, for the demo and the tests.

It is reached only over HTTP, imports no feature, and no feature imports it. Start at `app.py` (wiring), then
`model.py`, the pure rules (`calls.py`, `conference.py`, `twiml.py`, `script.py`, `chaos.py`,
`signature.py`), then `engine.py`.
"""
