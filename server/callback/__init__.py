"""Callbacks: a visitor asks to be rung, a consultant accepts, both are joined in one room.

Read it in this order: model, rules (with legs and turns), screening, guards, hours, eta, twiml; then service, dialling,
worker; then the adapters store, carrier_api, socket, http.
"""
