"""Cases with TLS, SASL and ACLs: what a job may, what it says when it may not, and that it keeps secrets."""

import os
import subprocess
from contextlib import contextmanager

from copy_job import CopyJob
from jobs import ENGINE, FAILED, SUCCESS
from registry import case
from secure_broker import PASSWORD

REFUSED = 5
NUMBERS = range(3000)


def needs_of(job):
    """What a job with exactly_once needs, no more."""
    return [
        ("TOPIC", job.source, "READ"), ("TOPIC", job.target, "WRITE"), ("TOPIC", job.target, "READ"),
        ("GROUP", job.name, "READ"), ("GROUP", f"{job.name}.epochs", "READ"),
        ("TRANSACTIONAL_ID", f"{job.name}-*", "WRITE"),
    ]


def login(broker, user, password="${env:TEST_PASSWORD}"):
    """The properties of a client with a user and a password."""
    return {
        "bootstrap.servers": broker.sasl, "security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN",
        "sasl.username": user, "sasl.password": password, **broker.tls()}


@contextmanager
def secured_job(broker, name, properties, principal):
    """A job that may all that it needs, with numbers to copy."""
    with CopyJob(broker, name, properties=properties) as job:
        broker.allow(principal, *needs_of(job))
        job.feed_numbers(NUMBERS)
        yield job


ENVIRONMENT = {"TEST_PASSWORD": PASSWORD}


def connect(job, expected, **overrides):
    """`check --connect`; gives what it says."""
    path = job.write_pipeline(stop="end", **overrides)
    environment = {**os.environ, **ENVIRONMENT, "MILLRACE_PLUGIN_CACHE": str(job.dir / "plugin-cache")}
    done = subprocess.run([ENGINE, "check", "--connect", path], capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == expected, f"exit code {done.returncode}, expected {expected}:\n{done.stdout}{done.stderr}"
    assert PASSWORD not in done.stdout + done.stderr
    return done.stdout


def check_secret(job, secret, but=()):
    """No file of the job's directory has the secret."""
    for path in job.dir.rglob("*"):
        if path.is_file() and path not in but:
            assert secret.encode() not in path.read_bytes(), f"{path} has the secret"


@case("secure")
def exactly_once_with_tls_sasl_and_acls(broker, dice):
    with secured_job(broker, "secured", login(broker, "copier"), "User:copier") as job:
        before = broker.end_offsets(job.source), broker.end_offsets(job.target)
        said = connect(job, SUCCESS)
        assert "principal User:copier" in said and said.count(": ok") >= 8, said
        assert (broker.end_offsets(job.source), broker.end_offsets(job.target)) == before, "the check has written"
        assert set(broker.committed(job.name, job.source).values()) == {None}, "the check has committed"
        job.run_to_end(environment_more=ENVIRONMENT, arguments=["--log-level", "debug"])
        job.check(NUMBERS)
        job.run_to_end(environment_more=ENVIRONMENT)
        job.check(NUMBERS)
        check_secret(job, PASSWORD)


@case("secure")
def debug_logs_of_librdkafka_have_no_secrets(broker, dice):
    properties = {**login(broker, "talker", password="${file:secrets/password}"), "debug": "all"}
    with secured_job(broker, "talkative", properties, "User:talker") as job:
        secret = job.dir / "secrets" / "password"
        secret.parent.mkdir()
        secret.write_text(f"{PASSWORD}\n")
        job.run_to_end(arguments=["--log-level", "debug"])
        job.check(NUMBERS)
        assert "SASL" in job.log(), "librdkafka says nothing: the case shows nothing"
        check_secret(job, PASSWORD, but=[secret])


@case("secure")
def every_missing_permission_is_named(broker, dice):
    with secured_job(broker, "lacking", login(broker, "lacking"), "User:lacking") as job:
        for permission in needs_of(job):
            broker.disallow("User:lacking", permission)
            said = connect(job, REFUSED)
            wrong = [line for line in said.splitlines() if ": wrong:" in line]
            check_named(wrong, "lacking", permission)
            job.expect(job.start(stop="end", environment_more=ENVIRONMENT), REFUSED, 120)
            check_named([line for line in job.log().splitlines() if line.startswith("error:")], "lacking", permission)
            assert not job.numbers(), f"without {permission} rows are visible"
            broker.allow("User:lacking", permission)
        connect(job, SUCCESS)
        job.run_to_end(environment_more=ENVIRONMENT)
        job.check(NUMBERS)


def check_named(lines, user, permission):
    """Some line says that the user lacks the permission."""
    kind, name, operation = permission
    what = {"TOPIC": "topic", "GROUP": "group", "TRANSACTIONAL_ID": "transactional id"}[kind]
    # What READ and WRITE bring with them may be missed before they are.
    wanted = [f"{o} {what} \"{name.rstrip('*')}" for o in (operation, "DESCRIBE")]
    assert any(f"principal User:{user} may not" in line and any(w in line for w in wanted) for line in lines), (
        f"no line names {permission}: {lines}")


@case("secure")
def mutual_tls_and_plain(broker, dice):
    key, certificate = broker.certificates.sign("certified")
    ways = {
        "User:CN=certified": {
            "bootstrap.servers": broker.mutual, "security.protocol": "ssl", "ssl.key.location": key,
            "ssl.certificate.location": certificate, **broker.tls()},
        "User:plain": login(broker, "plain"),
    }
    for number, (principal, properties) in enumerate(ways.items()):
        with secured_job(broker, f"way-{number}", properties, principal) as job:
            job.run_to_end(environment_more=ENVIRONMENT)
            job.check(NUMBERS)


@case("secure")
def wrong_password_and_what_is_missing(broker, dice):
    with CopyJob(broker, "wrong", properties=login(broker, "forgetful", password="not-the-right-one")) as job:
        said = connect(job, FAILED)
        assert "brokers, as principal User:forgetful: wrong:" in said and "not-the-right-one" not in said, said
    with secured_job(broker, "missing", login(broker, "forgetful"), "User:forgetful") as job:
        said = connect(job, FAILED, target="nowhere.missing")
        assert 'topic "nowhere.missing": wrong:' in said or "may not DESCRIBE" in said, said
        properties = {**login(broker, "forgetful"), "transaction.timeout.ms": 2_000_000}
        said = connect(job, FAILED, properties=properties)
        assert "INVALID_TRANSACTION_TIMEOUT" in said and "transaction.max.timeout.ms" in said, said
        job.expect(job.start(stop="end", properties=properties, environment_more=ENVIRONMENT), FAILED, 60)
        assert "INVALID_TRANSACTION_TIMEOUT" in job.log()
