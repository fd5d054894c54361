"""Options checked in a child process."""

from __future__ import annotations

import pytest

from runner.providers import child
from runner.providers.checks import check_options, described
from runner.providers.child import Given, ProbeError, ask
from runner.providers.problems import OptionProblem, OptionRequest

OPTIONS = """
model_config = pydantic.ConfigDict(extra='forbid')
phrase: str
loud: bool = False
times: int = pydantic.Field(1, ge=1)
wait: float = 0.0
"""


def asked(site, *values, name="parrot", cache=None, opaque=(), budget=30.0):
    """The problems of some options of one plugin."""
    requests = [OptionRequest("llm", name, value, opaque) for value in values]
    return check_options(requests, cache=cache, catalogue=site.catalogue, budget=budget)


def test_good_options_have_no_problems_and_bad_ones_say_what_is_wrong(site, source):
    """YAML's texts are converted; each mistake is one problem at its place."""
    site.plugin("parrot", source(OPTIONS))
    good = {"phrase": "hi", "loud": "Yes", "times": "3", "wait": "300ms"}
    bad = {"phrase": "hi", "lout": "yes", "times": "0", "wait": "soon"}
    fine, problems, missing = asked(site, good, bad, {})
    assert fine == []
    assert {(item.location, item.code) for item in problems} == {
        (("lout",), "E403"), (("times",), "E403"), (("wait",), "E403"),
    }  # fmt: skip
    assert [item.help for item in problems if item.on_key] == ["did you mean 'loud'?"]
    assert missing == [
        OptionProblem("E103", (), "llm 'parrot' needs 'phrase'", "write below 'with':  phrase: …")
    ]


def test_a_plugin_is_asked_once_and_then_the_cache_answers(site, source, cache):
    """With a full cache no child starts: not even an impossible time limit is noticed."""
    site.plugin("parrot", source(OPTIONS))
    first = asked(site, {"phrase": "hi"}, {"phras": "hi"}, cache=cache)
    again = asked(site, {"phrase": "hi"}, {"phras": "hi"}, cache=cache, budget=0.0)
    assert first == again
    assert len(cache.kept) == 2


@pytest.mark.parametrize(
    ("at_import", "words"),
    [
        ("raise RuntimeError('line one\\nno licence')", "RuntimeError: no licence"),
        ("import missing_x.y", "needs the Python package 'missing_x', which is not installed"),
        ("raise SystemExit(4)", "SystemExit: 4"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise ValueError('x' * 999)", "xxx…"),
        ("import os; os._exit(7)", "it ended the process that was asking it (exit code 7)"),
        ("import os; os.kill(os.getpid(), 11)", "it crashed (SIGSEGV)"),
    ],
)
def test_a_plugin_that_breaks_is_named_and_does_no_harm(site, source, cache, at_import, words):
    """Whatever a plugin does at import, it alone gets E404; the others are checked."""
    site.plugin("broken", source(at_import=at_import))
    site.plugin("parrot", source(OPTIONS))
    requests = [OptionRequest("llm", "broken", {}), OptionRequest("llm", "parrot", {"phrase": "x"})]
    broken, fine = check_options(requests, cache=cache, catalogue=site.catalogue)
    assert fine == []
    assert [item.code for item in broken] == ["E404"]
    package = "(lkrun-broken 1.0, entry point lkrun.llm = made_up_broken:plugin)"
    assert f"'broken' {package} cannot be loaded" in broken[0].message
    assert words in broken[0].message
    assert len(cache.kept) == 1


def test_a_plugin_that_never_comes_back_is_told_of(site, source):
    """However slowly a machine starts Python, the time of a plugin begins when it is imported."""
    site.plugin("broken", source(at_import="import threading; threading.Event().wait()"))
    ((problem,),) = asked(site, {}, name="broken", budget=0.1)
    assert problem.code == "E404"
    assert "(lkrun-broken 1.0, entry point lkrun.llm = made_up_broken:plugin)" in problem.message
    assert "it did not come back within 0.1 seconds" in problem.message
    assert problem.help == "try again: this machine may have been busy; else update the plugin"


def test_a_plugin_that_never_comes_back_takes_no_time_of_others(site, source, cache, monkeypatch):
    """Its time is up once it has begun; the one after it is asked by another child, and kept."""
    written, children = child._Child.written, []

    def until_begun(self, budget):
        children.append(self)
        for line in written(self, budget):
            yield line
            if self is children[0] and b'"job"' in line:
                return

    monkeypatch.setattr(child._Child, "written", until_begun)
    site.plugin("broken", source(at_import="import threading; threading.Event().wait()"))
    site.plugin("parrot", source(OPTIONS))
    requests = [OptionRequest("llm", "broken", {}), OptionRequest("llm", "parrot", {"phrase": "x"})]
    broken, fine = check_options(requests, cache=cache, catalogue=site.catalogue)
    assert [item.code for item in broken] == ["E404"]
    assert fine == []
    assert len(children) == 2
    assert len(cache.kept) == 1


def test_what_a_plugin_prints_is_kept_apart(site, source):
    """Prints, logs and rubbish on the descriptors of a plugin disturb nothing."""
    noise = "import os, sys; print('{'); sys.stderr.write('x'); os.write(1, b'\\n{\"job\": 9}\\n')"
    site.plugin("parrot", source(OPTIONS, at_import=noise))
    assert asked(site, {"phrase": "x"}) == [[]]


def test_the_child_sees_no_secret(site, source, monkeypatch):
    """The environment of the child holds no variable of the person's."""
    monkeypatch.setenv("ACME_API_KEY", "s3cr3t")
    site.plugin("parrot", source(OPTIONS, at_import="import os; os.environ['ACME_API_KEY']"))
    ((problem,),) = asked(site, {"phrase": "x"})
    assert "KeyError" in problem.message


def test_a_variable_that_is_missing_is_named_with_what_to_write(site, source, monkeypatch):
    """Where it is set and held back the help says how it is seen; where it is named, it is."""
    monkeypatch.setenv("ACME_LICENCE", "x")
    site.plugin("parrot", source(at_import="import os; os.environ['ACME_LICENCE']"))
    ((problem,),) = asked(site, {})
    assert problem.help == (
        "ACME_LICENCE is set: let providers see it: runner:  environment:  - ACME_LICENCE"
    )
    request = OptionRequest("llm", "parrot", {}, environment=("ACME_LICENCE",))
    assert check_options([request], catalogue=site.catalogue) == [[]]


def test_threads_of_a_plugin_do_not_keep_the_child(site, source):
    """A thread that never ends does not hold up the answer."""
    thread = "import threading; threading.Thread(target=threading.Event().wait).start()"
    site.plugin("parrot", source(OPTIONS, at_import=thread))
    assert asked(site, {"phrase": "x"}, budget=10.0) == [[]]


def test_a_value_known_only_at_run_time_is_not_judged(site, source):
    """A template with a secret may stand where a number or a checked text is wanted."""
    rules = OPTIONS + (
        "@pydantic.model_validator(mode='after')\n"
        "def _rule(self):\n"
        "    raise ValueError('never good')\n"
    )
    site.plugin("parrot", source(rules))
    values = {"phrase": "{{ secrets.A }}", "times": "{{ secrets.B }}"}
    assert asked(site, values, opaque=(("times",), ("phrase",))) == [[]]
    ((problem,),) = asked(site, {"phrase": "x"})
    assert problem == OptionProblem("E403", (), "never good")


def test_a_name_that_means_nothing_has_no_problem_here(site):
    """What is wrong with a name is the catalogue's to say, once."""
    assert asked(site, {}, name="nobody") == [[]]


def test_a_package_without_a_plugin_behind_its_entry_point_is_refused(site):
    """The object behind an entry point must be a Plugin of an API version that this lkrun has."""
    site.plugin("odd", "plugin = 5")
    newer = "from runner.plugin import Plugin\nimport pydantic\n"
    site.plugin("new", newer + "plugin = Plugin(pydantic.BaseModel, print, api=99)")
    site.plugin("plain", newer + "plugin = Plugin(dict, print)")
    says = {name: asked(site, {}, name=name)[0][0].message for name in ("odd", "new", "plain")}
    assert "made_up_odd:plugin is not a runner.plugin.Plugin" in says["odd"]
    assert "needs a newer lkrun" in says["new"]
    assert "not a pydantic model" in says["plain"]


def test_a_livekit_plugin_is_checked_by_its_signature(site):
    """The constructor's parameters are the options; those that the runner fills are not offered."""
    site.livekit(
        "acme",
        "from __future__ import annotations\n"
        "from typing import Literal\n"
        "from livekit.agents.types import NOT_GIVEN, NotGivenOr\n"
        "class LLM:\n"
        "    def __init__(self, *, model: Literal['a', 'b'], api_key: str,\n"
        "                 heat: NotGivenOr[float] = NOT_GIVEN, http_session: object = None): ...\n"
        "class TTS:\n"
        "    def __init__(self, loop_thing: threading.Thread): ...\n"
        "import threading\n"
        "STT = 5\n",
    )
    requests = [
        OptionRequest("llm", "acme", {"model": "a", "heat": "0.5"}),
        OptionRequest("llm", "acme", {"model": "c", "http_session": "x"}),
        OptionRequest("tts", "acme", {}),
        OptionRequest("stt", "acme", {}),
    ]
    fine, bad, needy, odd = check_options(requests, catalogue=site.catalogue)
    assert fine == []
    assert [item.location for item in bad] == [("http_session",), ("model",)]
    assert "YAML cannot give it its 'loop_thing'" in needy[0].message
    assert odd == [OptionProblem("E206", (), "'acme' cannot be used as 'stt'")]


def test_what_a_provider_takes_is_recorded_once(site, source, cache):
    """A record tells the options, from the cache the second time, or what is wrong."""
    site.plugin("parrot", source(OPTIONS))
    site.plugin("broken", "1 / 0")
    parrot = site.catalogue.find("llm", "parrot")
    for budget in (30.0, 0.0):
        recorded = described(parrot, cache=cache, catalogue=site.catalogue, budget=budget)
        assert recorded["options"][2] == {
            "name": "times", "type": "whole", "required": False, "default": 1, "description": "",
        "bounds": "at least 1", "least": 1,
        }  # fmt: skip
    broken = site.catalogue.find("llm", "broken")
    assert described(broken, catalogue=site.catalogue).code == "E404"


ACME = """
from __future__ import annotations
import os
from typing import Literal
from livekit.agents.types import NOT_GIVEN, NotGivenOr
class LLM:
    def __init__(self, *, model: Literal['small', 'large-2'] | str = 'small',
                 api_key: str | None = None, heat: NotGivenOr[float] = NOT_GIVEN,
                 mode: Literal['fast', 'slow'] = 'fast', wait_ms: int = 5) -> None:
        key = api_key or os.environ.get('ACME_API_KEY')
        if not key:
            raise ValueError('no key')
"""


def test_other_values_are_checked_without_importing_the_plugin_again(site, cache):
    """A plugin of LiveKit is imported once a version: what is written later is checked here."""
    site.livekit("acme", ACME)
    first = [OptionRequest("llm", "acme", {})]
    assert check_options(first, cache=cache, catalogue=site.catalogue) == [[]]
    later = [
        OptionRequest("llm", "acme", {"model": "new", "heat": "0.5", "wait_ms": "2s"}),
        OptionRequest("llm", "acme", {"modle": "small"}),
        OptionRequest("llm", "acme", {"heat": "warm"}),
        OptionRequest("llm", "acme", {"mode": "fsat"}),
        OptionRequest("llm", "acme", {"model": "larg-2"}),
        OptionRequest("llm", "acme", {"model": "large-3"}),
    ]
    checked = check_options(later, cache=cache, catalogue=site.catalogue, budget=0.0)
    said = [[(each.code, each.location, each.help) for each in problems] for problems in checked]
    assert said == [
        [],
        [("E403", ("modle",), "did you mean 'model'?")],
        [("E403", ("heat",), "write digits, such as 0.5")],
        [("E403", ("mode",), "did you mean 'fast'?")],
        [("W401", ("model",), "did you mean 'large-2'?")],
        [],
    ]


def test_a_class_of_another_kind_is_refused_by_its_own(site):
    """Whoever names a class behind a dot may name one of the wrong kind."""
    site.livekit("acme", "class TTS: ...\nclass Other: ...\nclass Loud(TTS): ...\n")
    requests = [OptionRequest("tts", "acme.Other", {}), OptionRequest("tts", "acme.Loud", {})]
    wrong, fine = check_options(requests, catalogue=site.catalogue)
    assert wrong == [OptionProblem("E206", (), "'acme' cannot be used as 'tts'")]
    assert fine == []


def test_an_option_that_is_not_listed_warns_where_it_is_nearly_one(site):
    """Where a plugin takes whatever comes, a misspelt option is told all the same."""
    site.livekit("acme", "class LLM:\n    def __init__(self, *, model: str = 'a', **more): ...\n")
    requests = [
        OptionRequest("llm", "acme", {"modle": "x"}),
        OptionRequest("llm", "acme", {"x": 1}),
    ]
    near, other = check_options(requests, catalogue=site.catalogue)
    assert [(each.code, each.help, each.on_key) for each in near] == [
        ("W401", "did you mean 'model'?", True)
    ]
    assert other == []


def test_the_record_holds_what_the_environment_must_give(site):
    """The variables that a plugin refuses to work without are read from its source."""
    site.livekit("acme", ACME)
    recorded = described(site.catalogue.find("llm", "acme"), catalogue=site.catalogue)
    assert recorded["needs"] == [{"names": ["ACME_API_KEY"], "options": ["api_key"], "unless": []}]
    assert recorded["files"] is False


def test_a_child_that_does_not_begin_is_no_fault_of_a_plugin(site, source, monkeypatch):
    """A machine that is too busy to start Python is told of once, for all that was asked."""
    started = []
    read = child._read_all
    monkeypatch.setattr(child, "START", 0.0)
    monkeypatch.setattr(child, "_read_all", lambda *pipe: started.append(pipe) or read(*pipe))
    site.plugin("parrot", source(OPTIONS))
    site.plugin("jay", source(OPTIONS))
    requests = [OptionRequest("llm", name, {"phrase": "x"}) for name in ("parrot", "jay")]
    for (problem,) in check_options(requests, catalogue=site.catalogue):
        assert "the process that asks plugins did not start within" in problem.message
        assert problem.help == "try again: this machine is very busy"
    assert len(started) == 1


def test_a_child_that_cannot_start_is_a_fault_of_the_installation(tmp_path):
    """An import path without lkrun's own packages is not blamed on a plugin."""
    (tmp_path / "pydantic.py").write_text("raise ImportError('broken installation')")
    with pytest.raises(ProbeError, match="broken installation"):
        ask([{"source": "plugin"}], Given([str(tmp_path)]))
