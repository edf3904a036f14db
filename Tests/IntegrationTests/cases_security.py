"""Cases with TLS, SASL and ACLs: what a job may, what it says when it may not, and that it keeps secrets."""

import ctypes
import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import confluent_kafka

from cases_status import status
from copy_job import CopyJob
from jobs import ENGINE, FAILED, REFUSED, SUCCESS, wait_for
from registry import Skip, case
from secure_broker import PASSWORD, Certificates

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


def refused(job, *words, environment=ENVIRONMENT):
    """The job does not start, since brokers do not let it in; its error has these words."""
    job.expect(job.start(stop="end", environment_more=environment), REFUSED, 30)
    [error] = [line for line in job.log().splitlines() if line.startswith("error:")]
    for word in words:
        assert word in error, f"{word} is not in: {error}"
    assert PASSWORD not in job.log()


@case("secure")
def tls_that_does_not_come_about(broker, dice):
    other = Certificates(broker.certificates.dir / "other")
    ways = {
        "a broker that another authority has signed": {**login(broker, "plain"), "ssl.ca.location": other.ca},
        "no certificate where one is asked for": {
            "bootstrap.servers": broker.mutual, "security.protocol": "ssl", **broker.tls()},
        "a port without TLS": {**login(broker, "plain"), "bootstrap.servers": broker.bootstrap},
    }
    for number, (what, properties) in enumerate(ways.items()):
        with CopyJob(broker, f"no-tls-{number}", properties=properties) as job:
            refused(job, "brokers do not let", "(_SSL)", "ssl.ca.location")
            assert connect(job, REFUSED), what


@case("secure")
def scram(broker, dice):
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
        user = mechanism.lower()
        broker.set_scram_password(user, mechanism)
        with secured_job(broker, user, scram_login(broker, user, mechanism), f"User:{user}") as job:
            job.run_to_end(environment_more={**ENVIRONMENT, **newer_librdkafka(job)})
            job.check(NUMBERS)
        wrong = {**scram_login(broker, user, mechanism), "sasl.password": "not-the-right-one"}
        with CopyJob(broker, f"{user}-wrong", properties=wrong) as job:
            newer = {**ENVIRONMENT, **newer_librdkafka(job)}
            refused(job, f"principal User:{user}", f"sasl.mechanism ({mechanism})", environment=newer)
            assert "not-the-right-one" not in job.log()


def scram_login(broker, user, mechanism):
    return {**login(broker, user), "sasl.mechanism": mechanism}


def newer_librdkafka(job):
    """What has the engine use a librdkafka whose SCRAM Kafka 4 understands: the system's, or that of the tests' own client."""
    if ctypes.CDLL("librdkafka.so.1").rd_kafka_version() >= 0x020601ff:
        return {}
    found = list(Path(confluent_kafka.__file__).parents[1].glob("confluent_kafka.libs/librdkafka*.so*"))
    if len(found) != 1:
        raise Skip("confluent-kafka comes without a librdkafka of its own")
    directory = job.dir / "newer-librdkafka"
    directory.mkdir(exist_ok=True)
    (directory / "librdkafka.so.1").symlink_to(found[0])
    return {"LD_LIBRARY_PATH": str(directory)}


@case("secure", own="own")
def a_password_that_changes_in_mid_run_is_waited_for(broker, dice):
    with secured_job(broker, "rotation", login(broker, "rotated"), "User:rotated") as job:
        process = job.start(stop="never", environment_more=ENVIRONMENT)
        job.wait_until_read(job.source, process)
        broker.set_plain_password("rotated", PASSWORD, "another")
        job.feed_numbers(range(len(NUMBERS), len(NUMBERS) + 100))

        def is_told():
            return any(retry["what"] == "connection kafka" and "Authentication failed" in retry["last_error"]
                       for retry in status(job)["retries"])

        wait_for(is_told, 60, "status tells that the password is refused", process)
        time.sleep(10)
        assert process.poll() is None, "a job that has run has not got over it"
        broker.set_plain_password("rotated", "another", PASSWORD)
        job.wait_until_read(job.source, process, timeout_s=120)
        job.drain(process)
        job.check(range(len(NUMBERS) + 100))


@case("secure")
def oauthbearer(broker, dice):
    """Tokens that librdkafka makes by itself, unsigned. They are made anew before they expire, where that does not crash."""
    properties = {
        "bootstrap.servers": broker.sasl, "security.protocol": "sasl_ssl", "sasl.mechanism": "OAUTHBEARER",
        "enable.sasl.oauthbearer.unsecure.jwt": "true",
        "sasl.oauthbearer.config": "principal=bearer lifeSeconds=5", **broker.tls()}
    with secured_job(broker, "tokens", properties, "User:bearer") as job:
        process = job.start(stop="never", environment_more=newer_librdkafka(job))
        numbers = len(NUMBERS)
        for _ in range(8):
            job.feed_numbers(range(numbers, numbers + 100))
            numbers += 100
            job.wait_until_read(job.source, process)
            time.sleep(2)
        job.drain(process)
        job.check(range(numbers))
        assert "expired" not in job.log().lower(), "a token was not made anew in time"


@case("secure")
def wrong_password_and_what_is_missing(broker, dice):
    with CopyJob(broker, "wrong", properties=login(broker, "forgetful", password="not-the-right-one")) as job:
        said = connect(job, REFUSED)
        assert "brokers, as principal User:forgetful: wrong:" in said and "not-the-right-one" not in said, said
        refused(job, "connection \"kafka\": brokers do not let principal User:forgetful in", "sasl.mechanism (PLAIN)")
    with secured_job(broker, "missing", login(broker, "forgetful"), "User:forgetful") as job:
        said = connect(job, REFUSED, target="nowhere.missing")
        assert "may not DESCRIBE topic \"nowhere.missing\"" in said, said  # Whether it is there is a secret.
        broker.allow("User:forgetful", ("TOPIC", "nowhere.missing", "DESCRIBE"))
        said = connect(job, FAILED, target="nowhere.missing")
        assert 'topic "nowhere.missing": wrong:' in said and "Create the topic" in said, said
        properties = {**login(broker, "forgetful"), "transaction.timeout.ms": 2_000_000}
        said = connect(job, FAILED, properties=properties)
        assert "INVALID_TRANSACTION_TIMEOUT" in said and "transaction.max.timeout.ms" in said, said
        job.expect(job.start(stop="end", properties=properties, environment_more=ENVIRONMENT), FAILED, 60)
        assert "INVALID_TRANSACTION_TIMEOUT" in job.log()
