"""How automated training forecasts."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import AUTOML, Declined

__all__ = ["ForecastingParameters"]


class ForecastingParameters(Declined):
    """What a forecast knows of time."""

    _instead = AUTOML

    def __init__(
        self,
        time_column_name: Any = None,
        forecast_horizon: Any = 1,
        time_series_id_column_names: Any = None,
        group_column_names: Any = None,
        target_lags: Any = None,
        feature_lags: Any = None,
        target_rolling_window_size: Any = None,
        holiday_country: Any = None,
        country_or_region_for_holidays: Any = None,
        use_stl: Any = None,
        seasonality: Any = "auto",
        short_series_handling_configuration: Any = "auto",
        freq: Any = None,
        target_aggregation_function: Any = None,
        cv_step_size: Any = "auto",
        features_unknown_at_forecast_time: Any = None,
        validate_parameters: Any = True,
        _enable_recipes: Any = None,
        **kwargs: Any,
    ) -> None:
        pass
