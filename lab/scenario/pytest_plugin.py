"""pytest collects `*.scenario.yml` files: one item per scenario.

Off unless `--dpulab` is given or the ini option `dpulab` is true, so that installing dpulab changes
nothing for other test suites; for the same reason everything heavy is imported once it is on.

A conftest.py can bring its own labs with the hook `pytest_dpulab_lab_factory(config)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lab.scenario.model import Scenario
    from lab.scenario.replay import LabFactory, LabKeeper, ReplayOptions

SUFFIX = ".scenario.yml"


class Hooks:
    """Hooks that this plugin offers."""

    @pytest.hookspec(firstresult=True)
    def pytest_dpulab_lab_factory(self, config: pytest.Config) -> LabFactory | None:
        """Return what brings up labs, instead of dpulab's own engine (see LabFactory)."""


class NotAsExpectedError(Exception):
    """A scenario did not end as it should here."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register our hook."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options, all in one group."""
    group = parser.getgroup("dpulab", "scenarios of dpulab")
    group.addoption("--dpulab", action="store_true", help=f"collect *{SUFFIX} files")
    group.addoption(
        "--dpulab-results", type=Path, metavar="DIR", help="results (default: dpulab-results)"
    )
    group.addoption(
        "--dpulab-environment",
        default="default",
        metavar="NAME",
        help="part of expected-inconclusive.yml that counts (default: %(default)s)",
    )
    group.addoption("--dpulab-seed", type=int, metavar="N", help="instead of the scenarios' own")
    group.addoption(
        "--dpulab-set", action="append", default=[], metavar="NAME=VALUE", help="set a variable"
    )
    parser.addini("dpulab", f"collect *{SUFFIX} files", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Switch on what was asked for."""
    if config.getoption("--dpulab") or config.getini("dpulab"):
        config.pluginmanager.register(ScenarioPlugin(config), "dpulab-scenarios")


class ScenarioPlugin:
    """The hooks that work only while scenarios are collected."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._keeper: LabKeeper | None = None

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> ScenarioCollector | None:
        """Take scenario files."""
        if not file_path.name.endswith(SUFFIX):
            return None
        collector: ScenarioCollector = ScenarioCollector.from_parent(
            parent, path=file_path, plugin=self
        )
        return collector

    def pytest_sessionfinish(self) -> None:
        """Take the last lab down."""
        if self._keeper is not None:
            self._keeper.close()

    def run(self, scenario: Scenario) -> None:
        """Run a scenario on the shared lab. Raises NotAsExpectedError, or skips."""
        from lab.scenario.replay import expectations_for, run_kept  # noqa: PLC0415 - see above
        from lab.scenario.verdict import Verdict  # noqa: PLC0415

        options = self._options()
        result = run_kept(scenario, self._labs(), options)
        judged = expectations_for(scenario.path, options).judge(result)
        if not judged.as_expected:
            bundle = f"\nsee {result.bundle}" if result.bundle else ""
            raise NotAsExpectedError(f"{result.verdict}: {judged.note}{bundle}")
        if result.verdict is Verdict.INCONCLUSIVE:
            pytest.skip(judged.note)

    def _options(self) -> ReplayOptions:
        from lab.engine.machine import require  # noqa: PLC0415 - see above
        from lab.engine.session import images_of  # noqa: PLC0415
        from lab.scenario.load import parse_assignment  # noqa: PLC0415
        from lab.scenario.replay import ReplayOptions  # noqa: PLC0415
        from lab.scenario.run import RunOptions  # noqa: PLC0415

        option = self._config.getoption
        return ReplayOptions(
            run=RunOptions(
                seed=option("--dpulab-seed"),
                set_vars=dict(map(parse_assignment, option("--dpulab-set"))),
                require=require,
                images=images_of,
            ),
            results_dir=option("--dpulab-results") or self._config.rootpath / "dpulab-results",
            environment=option("--dpulab-environment"),
        )

    def _labs(self) -> LabKeeper:
        if self._keeper is None:
            from lab.scenario.replay import LabKeeper  # noqa: PLC0415 - see above

            self._keeper = LabKeeper(self._factory())
        return self._keeper

    def _factory(self) -> LabFactory:
        found: Any = self._config.hook.pytest_dpulab_lab_factory(config=self._config)
        if found is not None:
            factory: LabFactory = found
            return factory
        from lab.engine.session import lab_of_file  # noqa: PLC0415 - see above

        return lab_of_file


class ScenarioCollector(pytest.File):
    """A scenario file."""

    def __init__(self, *, plugin: ScenarioPlugin, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._plugin = plugin

    def collect(self) -> Iterator[pytest.Item]:
        """One item, named like the file."""
        from lab.errors import LabError  # noqa: PLC0415 - see above
        from lab.scenario.load import load_scenario  # noqa: PLC0415

        try:
            scenario = load_scenario(self.path)
        except LabError as error:
            raise self.CollectError(str(error)) from None
        name = self.path.name.removesuffix(SUFFIX)
        yield ScenarioItem.from_parent(self, name=name, scenario=scenario, plugin=self._plugin)


class ScenarioItem(pytest.Item):
    """A scenario."""

    def __init__(self, *, scenario: Scenario, plugin: ScenarioPlugin, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._scenario = scenario
        self._plugin = plugin

    def runtest(self) -> None:
        """Run it."""
        self._plugin.run(self._scenario)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The reason alone: no line of Python is to blame."""
        if isinstance(excinfo.value, NotAsExpectedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """File and name in reports."""
        return self.path, 0, self._scenario.id
