from __future__ import annotations

import asyncio
import statistics
import time

import pytest

from server.accounts.passwords import LONGEST_QUEUE, Passwords
from server.accounts.rules import TRIES_PER_ADDRESS, TRIES_PER_EMAIL
from server.errors import AppError
from server.mongo import Database
from tests.integration.accounts.conftest import PASSWORD, Office

IP = "192.0.2.7"


async def refusal(office: Office, email: str, password: str = "wrong", ip: str = IP) -> AppError:
    with pytest.raises(AppError) as problem:
        await office.service.sign_in(email, password, ip)
    return problem.value


async def test_who_signs_in_is_known_by_the_token_at_once(office: Office) -> None:
    token, member = await office.service.sign_in(" Ana@Shop.example", PASSWORD, IP)
    assert member == office.ana
    person = office.directory.session(token, ip=IP, connection_id="c")
    assert person is not None
    assert (person.person_id, person.tenant_id, person.role, person.ip) == (
        office.ana.id, office.account.id, office.ana.role, IP,
    )  # fmt: skip
    assert office.directory.principal_of(token, IP, "c") == person
    assert office.directory.principal_from(token, None) is not None
    assert office.directory.principal_from(None, token) is not None
    assert office.directory.principal_from(None, None) is None
    assert office.directory.session("no such token") is None


async def test_no_token_and_no_password_is_readable_in_the_database(office: Office, db: Database) -> None:
    token, _ = await office.service.sign_in("ana@shop.example", PASSWORD, IP)
    await refusal(office, "stranger@shop.example")
    names = ["sessions", "people", "sign_in_tries", "audit_entries", "accounts", "sites"]
    everything = str([await db.global_collection(name).find({}) for name in names])
    assert token not in everything and PASSWORD not in everything
    assert "stranger" not in everything and IP not in everything
    assert "$argon2id$" in everything


async def test_a_wrong_password_and_an_unknown_email_get_the_same_answer(office: Office) -> None:
    known = await refusal(office, "ana@shop.example")
    unknown = await refusal(office, "nobody@shop.example")
    assert (known.code, known.details) == (unknown.code, unknown.details) == ("sign_in_failed", {})


async def test_an_unknown_email_takes_as_long_as_a_wrong_password() -> None:
    passwords = Passwords()
    stored = await passwords.hash(PASSWORD)
    known, unknown = [], []
    for _ in range(7):
        for took, hash_ in ((known, stored), (unknown, None)):
            began = time.process_time()  # of all its threads, whoever else is busy
            assert not await passwords.matches(hash_, "wrong")
            took.append(time.process_time() - began)
    passwords.close()
    assert 0.5 < statistics.median(unknown) / statistics.median(known) < 2


async def test_after_ten_wrong_passwords_even_the_right_one_waits(office: Office) -> None:
    for _ in range(TRIES_PER_EMAIL):
        assert (await refusal(office, "ana@shop.example")).code == "sign_in_failed"
    limited = await refusal(office, "ana@shop.example", PASSWORD, ip="198.51.100.1")
    assert limited.code == "sign_in_limited" and limited.details == {"retryAfterS": 900}
    office.clock.advance(minutes=14)
    assert (await refusal(office, "ANA@shop.example")).details == {"retryAfterS": 60}
    await office.service.sign_in("bob@shop.example", PASSWORD, IP)
    office.clock.advance(minutes=1)
    await office.service.sign_in("ana@shop.example", PASSWORD, IP)


async def test_unknown_emails_are_limited_the_same_way(office: Office) -> None:
    for _ in range(TRIES_PER_EMAIL):
        assert (await refusal(office, "nobody@shop.example")).code == "sign_in_failed"
    assert (await refusal(office, "nobody@shop.example")).code == "sign_in_limited"


async def test_a_hundred_tries_at_once_are_ten_checks(office: Office) -> None:
    answers = await asyncio.gather(
        *(refusal(office, "ana@shop.example", ip=f"198.51.100.{n}") for n in range(60)), return_exceptions=True
    )
    codes = [answer.code for answer in answers if isinstance(answer, AppError)]
    assert codes.count("sign_in_failed") == TRIES_PER_EMAIL
    assert codes.count("sign_in_limited") == 60 - TRIES_PER_EMAIL


async def test_one_address_cannot_try_many_accounts(office: Office) -> None:
    for n in range(TRIES_PER_ADDRESS):
        assert (await refusal(office, f"guess{n}@shop.example")).code == "sign_in_failed"
    assert (await refusal(office, "ana@shop.example", PASSWORD)).code == "sign_in_limited"
    await office.service.sign_in("ana@shop.example", PASSWORD, "198.51.100.1")


async def test_signing_in_correctly_is_never_limited(office: Office) -> None:
    for _ in range(TRIES_PER_EMAIL + 2):
        await office.service.sign_in("ana@shop.example", PASSWORD, IP)


async def test_the_limit_holds_over_servers(office: Office) -> None:
    service, _ = office.another_server()
    for _ in range(TRIES_PER_EMAIL):
        await refusal(office, "ana@shop.example")
    with pytest.raises(AppError, match="sign_in_limited"):
        await service.sign_in("ana@shop.example", PASSWORD, IP)


async def test_when_too_many_wait_for_a_check_the_next_is_told_to_come_again() -> None:
    passwords = Passwords(memory_kib=8192, passes=2)
    answers = await asyncio.gather(
        *(passwords.matches(None, "x") for _ in range(LONGEST_QUEUE + 5)), return_exceptions=True
    )
    passwords.close()
    limited = [answer for answer in answers if isinstance(answer, AppError)]
    assert [problem.code for problem in limited] == ["sign_in_limited"] * 5
    assert answers.count(False) == LONGEST_QUEUE


async def test_signing_out_ends_the_session_and_its_sockets(office: Office) -> None:
    ended: list[str] = []
    office.directory.on_session_ended(ended.append)
    token, _ = await office.service.sign_in("ana@shop.example", PASSWORD, IP)
    other, _ = await office.service.sign_in("ana@shop.example", PASSWORD, IP)
    person = office.directory.session(token)
    assert person is not None
    await office.service.sign_out(person)
    await office.service.sign_out(person)
    assert office.directory.session(token) is None
    assert office.directory.session(other) is not None
    assert ended == [person.session_id]
    _, elsewhere = office.another_server()
    await elsewhere.load()
    assert elsewhere.session(token) is None and elsewhere.session(other) is not None


async def test_a_session_nobody_uses_ends_and_an_open_console_is_use(office: Office) -> None:
    ended: list[str] = []
    office.directory.on_session_ended(ended.append)
    idle, _ = await office.service.sign_in("ana@shop.example", PASSWORD, IP)
    open_, _ = await office.service.sign_in("bob@shop.example", PASSWORD, IP)

    def is_online(tenant_id: str, person_id: str) -> bool:
        return person_id == office.bob.id

    for _ in range(3):
        office.clock.advance(hours=5)
        await office.directory.sweep(is_online)
    assert office.directory.session(idle) is None
    assert office.directory.session(open_) is not None
    assert len(ended) == 1
    _, elsewhere = office.another_server()
    await elsewhere.load()
    assert elsewhere.session(open_) is not None
    office.clock.advance(days=30)
    assert office.directory.session(open_) is None


async def test_a_new_password_ends_all_sessions(office: Office) -> None:
    token, _ = await office.service.sign_in("ana@shop.example", PASSWORD, IP)
    await office.service.set_password("Ana@shop.example", "another password")
    assert office.directory.session(token) is None
    assert (await refusal(office, "ana@shop.example", PASSWORD)).code == "sign_in_failed"
    await office.service.sign_in("ana@shop.example", "another password", IP)


async def test_a_hash_with_old_parameters_is_made_anew_at_sign_in(office: Office) -> None:
    stronger = Passwords(memory_kib=128, passes=1)
    service = type(office.service)(
        office.store, office.directory, stronger, office.clock, lambda: "entry-1", lambda: "token-1"
    )
    await service.sign_in("ana@shop.example", PASSWORD, IP)
    found = await office.store.credentials("ana@shop.example")
    assert found is not None and "m=128" in found[1]
    stronger.close()
