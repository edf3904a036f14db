"""Cases about plugins: versions that take over, versions that must not, the same operator in two languages."""

import shutil
import subprocess
import time
from collections import defaultdict

from flights_job import EXAMPLE, OPERATORS, FlightsJob, build_operator
from jobs import BUILD, ROOT, wait_for
from registry import Skip, case


@case("kafka", "development")
def version_two_takes_over_while_running(broker, dice):
    with FlightsJob(broker, "swap", retention=10_000) as job:
        feeder = job.feed_flights(rows_per_s=60_000)
        process = job.start(stop="never")
        time.sleep(2.5)
        job.install(OPERATORS / "v2" / "libknock_on_delay.so", "knock_on_delay_2.so")
        feeder.finish()
        job.wait_until_all_read(process)
        job.drain(process)
        made = job.check(versions=("1.0.0", "2.0.0"))
        assert made.get("1.0.0", 0) > 0 and made.get("2.0.0", 0) > 0, made
        assert "examples.knock_on_delay 2.0.0 takes over from 1.0.0" in job.log()
        assert list(dict.fromkeys(job.check_epochs_of_versions())) == ["1.0.0", "2.0.0"]


@case("development")
def newer_serde_takes_over_while_running(broker, dice):
    with FlightsJob(broker, "serde-swap", retention=10_000) as job:
        newer = build_json_serde("1.1.0", job.dir)
        feeder = job.feed_flights(rows_per_s=60_000)
        process = job.start(stop="never")
        time.sleep(2.5)
        job.install(newer, "json_newer.so")
        feeder.finish()
        job.wait_until_all_read(process)
        job.drain(process)
        job.check()
        assert "json 1.1.0 takes over from 1.0.0" in job.log()
        versions = [{(p["step"], p["version"]) for p in m["plugins"] if p["id"] == "json"}
                    for m in job.manifests().values()]
        for step in ("flights", "out"):
            assert (step, "1.0.0") in versions[0] and (step, "1.1.0") in versions[-1], versions


def build_json_serde(version, where):
    """The shipped serde as another version."""
    root = where / "source"
    shutil.copytree(ROOT / "plugins", root / "plugins")
    for name in ("include", "sdk"):
        (root / name).symlink_to(ROOT / name)
    plugin = root / "plugins" / "json" / "plugin.c"
    text = plugin.read_text()
    assert '"1.0.0"' in text
    plugin.write_text(text.replace('"1.0.0"', f'"{version}"'))
    subprocess.run(["make", "-s", "-C", plugin.parent, f"OUT={where / 'newer'}"], check=True)
    return where / "newer" / "libjson.so"


@case("development")
def unfit_versions_are_refused_and_the_old_one_runs_on(broker, dice):
    with FlightsJob(broker, "refusals") as job:
        built = job.dir / "built"
        unfit = {
            "2.0.0": (('0, "alerts"', '0, "warnings"'), "its outputs differ"),
            "3.0.0": ((".schema_version = 1", ".schema_version = 2"), "schema version 2, was 1"),
            "4.0.0": ((".version = KNOCK_ON_VERSION", '.version = "four"'), "bad-version"),
        }
        libraries = {version: build_operator(version, built, how) for version, (how, _) in unfit.items()}
        good = build_operator("5.0.0", built)
        feeder = job.feed_flights(rows_per_s=40_000)
        process = job.start(stop="never")
        time.sleep(1)
        (job.dir / "garbage").write_bytes(b"this is no library" * 100)
        job.install(job.dir / "garbage", "garbage.so")
        wait_for(lambda: "not-a-plugin" in job.log(), 10, "the log says why garbage.so is refused", process)
        for version, (_, reason) in unfit.items():
            job.install(libraries[version], f"unfit-{version}.so")
            wait_for(lambda: reason in job.log(), 10, f"the log says why {version} is refused: {reason}", process)
        assert not feeder.is_alive() or feeder.sent < job.count
        feeder.finish()
        job.wait_until_all_read(process)
        assert set(job.check()) == {"1.0.0"}
        # Neither a restart takes them, nor are they in the way of one that fits.
        job.drain(process)
        process = job.start(stop="never")
        wait_for(lambda: "starting with 1.0.0" in job.log(), 10, "the restart keeps to 1.0.0", process)
        job.install(good, "knock_on_delay_5.so")
        wait_for(lambda: any(p["version"] == "5.0.0" for m in job.manifests().values() for p in m["plugins"]), 10,
                 "5.0.0 takes over", process)
        job.drain(process)


FAILS_TO_OPEN = """
static int32_t fails(void *self, mill_task *task, mill_error *error) {
  (void)self, (void)task, (void)error;
  return MILL_FAILED;
}
static mill_operator_vtable failing;
__attribute__((constructor)) static void prepare(void) { failing = knock_on_delay_vtable, failing.open = fails; }
static const mill_operator_type type = {sizeof(mill_operator_type), 0, &descriptor, &failing};
"""


@case("development")
def a_version_that_fails_to_take_over_is_given_up(broker, dice):
    """It is refused only when a worker has tried: the job starts again from the last epoch, without it."""
    with FlightsJob(broker, "gives-up") as job:
        line = "static const mill_operator_type type = {sizeof(mill_operator_type), 0, &descriptor, &knock_on_delay_vtable};"
        failing = build_operator("2.0.0", job.dir / "built", (line, FAILS_TO_OPEN))
        good = build_operator("3.0.0", job.dir / "built")
        feeder = job.feed_flights(rows_per_s=40_000)
        process = job.start(stop="never")
        time.sleep(1)
        job.install(failing, "failing.so")
        wait_for(lambda: "knock_on_delay 2.0.0 is refused, the running version goes on" in job.log(), 10, "it is refused",
                 process)
        assert "starting again from the last committed epoch" in job.log()
        feeder.finish()
        job.wait_until_all_read(process)
        assert set(job.check()) == {"1.0.0"}
        job.install(good, "good.so")
        wait_for(lambda: "knock_on_delay 3.0.0 takes over from 1.0.0" in job.log(), 10, "another takes over", process)
        job.drain(process)


@case("development")
def c_and_swift_make_the_same_bytes(broker, dice):
    if not shutil.which("swift"):
        raise Skip("there is no swift on the PATH")
    libraries = BUILD / "examples" / "knock-on-delays-swift"
    built = subprocess.run([EXAMPLE / "operator-swift" / "build.sh", libraries], capture_output=True, text=True)
    assert built.returncode == 0, f"operator-swift/build.sh failed:\n{built.stderr[-3000:]}"
    for major in (1, 2):
        in_c = alert_bytes(broker, f"in-c-{major}", OPERATORS / f"v{major}" / "libknock_on_delay.so")
        in_swift = alert_bytes(broker, f"in-swift-{major}", libraries / f"v{major}" / "libknock_on_delay_swift.so")
        assert sum(map(len, in_c.values())) > 10_000
        for key in sorted(set(in_c) | set(in_swift)):
            assert in_c.get(key) == in_swift.get(key), f"version {major}, {key}: {in_c.get(key)} {in_swift.get(key)}"


def alert_bytes(broker, name, library):
    """The raw alerts of a whole year, by key in order."""
    with FlightsJob(broker, name, loaded=True) as job:
        job.install(library, "knock_on_delay.so")
        job.run_to_end()
        alerts = defaultdict(list)
        for rows in broker.read_committed(job.alerts).values():
            for message in rows:
                alerts[message.key()].append(message.value())
        return alerts
