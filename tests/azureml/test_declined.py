"""What Lazuli does not have can be imported and made, and says what to use instead when it is used."""

from __future__ import annotations

import logging

import pytest

from azureml._lazuli.declined import Declined, declined
from azureml.accel import AccelContainerImage
from azureml.automl.core.shared.exceptions import ConfigException
from azureml.contrib.interpret.visualize import ExplanationDashboard
from azureml.datadrift import AlertConfiguration, DataDriftDetector
from azureml.exceptions import UserErrorException
from azureml.interpret import ExplanationClient
from azureml.telemetry import INSTRUMENTATION_KEY, get_telemetry_log_handler, set_diagnostics_collection
from azureml.tensorboard import Tensorboard
from azureml.train.automl import AutoMLConfig
from azureml.train.automl.utilities import get_primary_metrics


def test_one_can_be_made_and_says_what_to_use_instead() -> None:
    config = AutoMLConfig(task="classification", training_data=None, label_column_name="y", iterations=5)
    with pytest.raises(UserErrorException, match="automl"):
        _ = config.user_settings
    assert "AutoMLConfig" in config._refuse().message
    with pytest.raises(TypeError):
        AutoMLConfig()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Tensorboard([], prot=6006)  # type: ignore[call-arg]
    with pytest.raises(UserErrorException, match="event files"):
        Tensorboard([], port=6006).start()
    AlertConfiguration(email_addresses=["a@example.com"])


def test_what_is_asked_of_a_class_says_so_too() -> None:
    for use in (
        lambda: ExplanationClient.from_run(None),
        lambda: DataDriftDetector.create_from_datasets(None, "name"),
        lambda: AccelContainerImage.image_configuration,
        lambda: ExplanationDashboard(None).show(),
    ):
        with pytest.raises(UserErrorException, match="not available on Lazuli"):
            use()
    assert not hasattr(Declined(), "anything")


def test_a_function_says_so_too() -> None:
    @declined("Use another.")
    def old(name: str) -> None:
        """What it did."""

    with pytest.raises(UserErrorException, match="'old' of the SDK v1 is not available on Lazuli"):
        old("a")
    assert old.__doc__ == "What it did."


def test_nobody_is_told_anything() -> None:
    set_diagnostics_collection(send_diagnostics=True)
    handler = get_telemetry_log_handler(instrumentation_key=INSTRUMENTATION_KEY, component_name="mine")
    assert isinstance(handler, logging.NullHandler)


def test_the_metrics_of_tasks() -> None:
    assert get_primary_metrics("classification")[2] == "AUC_weighted"
    assert get_primary_metrics("regression") == get_primary_metrics("forecasting")
    with pytest.raises(ConfigException, match="no task"):
        get_primary_metrics("guessing")
