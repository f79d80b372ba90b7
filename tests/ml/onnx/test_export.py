"""Trained models become ONNX files that answer as they do, or are refused with the rows that differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import onnx
import pandas as pd
import pytest
import xgboost
from onnx import TensorProto, helper
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, RobustScaler, SplineTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

import lazuli.onnx
from lazuli.ml.onnx.running import Runnable
from lazuli.schema.problems import InvalidInput, Problem, Unsupported

WINE: Any
CULTIVAR: Any
WINE, CULTIVAR = load_wine(return_X_y=True, as_frame=True)
PATIENTS: Any
PROGRESS: Any
PATIENTS, PROGRESS = load_diabetes(return_X_y=True, as_frame=True)
QUIET: dict[str, Any] = {"n_estimators": 10, "verbosity": -1}


def mixed() -> tuple[Any, Any]:
    """Wines with texts, categories, truths, and values that are missing."""
    frame = WINE[["alcohol", "hue", "proline"]].copy()
    frame["deep colour"] = WINE["color_intensity"] > 5
    frame["size"] = pd.cut(WINE["magnesium"], 3, labels=["small", "medium", "large"])
    frame["ash_word"] = np.where(WINE["ash"] > 2.3, "much", "little")
    frame["never_used"] = 1.0
    frame.loc[::7, "hue"] = np.nan
    frame.loc[::9, "ash_word"] = None
    return frame, CULTIVAR.map({0: "first", 1: "second", 2: "third"})


def of_columns(last: Any) -> Any:
    """A pipeline that takes each column of ``mixed()`` as it needs."""
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["alcohol", "hue", "proline"]),
            ("texts", texts, ["size", "ash_word"]),
            ("as is", "passthrough", ["deep colour"]),
        ]
    )
    return make_pipeline(columns, last)


def test_a_pipeline_over_a_data_frame_has_an_input_for_each_column_it_uses(tmp_path: Path) -> None:
    frame, label = mixed()
    model = of_columns(LogisticRegression()).fit(frame, label)
    made = lazuli.onnx.export(model, frame, tmp_path / "m.onnx")
    assert made.check.agrees and not made.check.repaired
    assert list(map(str, made.signature.inputs)) == [
        "alcohol: float32[?, 1]",
        "hue: float32[?, 1]",
        "proline: float32[?, 1]",
        "deep colour: float32[?, 1]",
        "size: string[?, 1]",
        "ash_word: string[?, 1]",
    ]
    assert list(map(str, made.signature.outputs)) == ["label: string[?]", "probabilities: float32[?, 3]"]
    got = Runnable(made.file).answers(frame)
    assert (got["label"] == model.predict(frame)).all()
    assert np.abs(got["probabilities"] - model.predict_proba(frame)).max() < 1e-5


def test_what_was_compared_is_told_and_kept_in_the_file(tmp_path: Path) -> None:
    frame, label = mixed()
    model = of_columns(LogisticRegression()).fit(frame, label)
    made = lazuli.onnx.export(model, frame, tmp_path / "m.onnx")
    groups = {group.name: group for group in made.check.groups}
    assert list(groups) == [
        "rows given", "new combinations", "missing values", "unseen categories", "extremes", "large values",
    ]  # fmt: skip
    assert groups["rows given"].rows == len(frame)
    assert groups["missing values"].left_out == ("deep colour",)  # which no step fills
    assert 0 < made.check.max_difference < 1e-5
    assert 0 < made.check.mean_difference < made.check.max_difference
    kept = json.loads(lazuli.onnx.inspect(made.file).metadata["lazuli.check"])
    assert kept["agrees"] is True and kept["max_difference"] == made.check.max_difference


@pytest.mark.parametrize(
    "model",
    [
        VotingClassifier([("a", DecisionTreeClassifier(max_depth=3)), ("b", GaussianNB())], voting="soft"),
        LinearSVC(),
        lightgbm.LGBMClassifier(**QUIET),
        xgboost.XGBClassifier(n_estimators=10),
        RandomForestClassifier(10, random_state=0),
        IsolationForest(n_estimators=5, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_classifiers_agree(model: Any, tmp_path: Path) -> None:
    model.fit(WINE, CULTIVAR)
    before = json.dumps(model.get_params(), default=str)
    made = lazuli.onnx.export(model, WINE, tmp_path / "m.onnx")
    assert made.check.agrees and made.check.groups[0].labels_differ == 0
    assert [port.name for port in made.signature.inputs] == list(WINE.columns)
    assert made.signature.outputs[0].name == "label"
    assert json.dumps(model.get_params(), default=str) == before
    if isinstance(model, xgboost.XGBClassifier):
        assert model.get_booster().feature_names == list(WINE.columns)


@pytest.mark.parametrize(
    "model",
    [
        LinearRegression(),
        GradientBoostingRegressor(n_estimators=10),
        *(lightgbm.LGBMRegressor(objective=loss, **QUIET) for loss in ("regression", "tweedie", "mape", "fair")),
        *(xgboost.XGBRegressor(objective=loss, n_estimators=10) for loss in ("reg:squarederror", "count:poisson")),
    ],
    ids=lambda model: f"{type(model).__name__}-{getattr(model, 'objective', '')}",
)
def test_regressors_agree(model: Any, tmp_path: Path) -> None:
    made = lazuli.onnx.export(model.fit(PATIENTS, PROGRESS), PATIENTS, tmp_path / "m.onnx")
    assert made.check.agrees and not made.check.repaired
    assert list(map(str, made.signature.outputs)) == ["prediction: float32[?, 1]"]


def test_the_mean_of_a_forest_is_over_its_trees(tmp_path: Path) -> None:
    words: dict[str, Any] = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.5, **QUIET}
    model = lightgbm.LGBMRegressor(**words).fit(PATIENTS, PROGRESS)
    assert lazuli.onnx.export(model, PATIENTS, tmp_path / "m.onnx").check.agrees
    assert lazuli.onnx.export(model.booster_, PATIENTS, tmp_path / "m.onnx").check.agrees


@pytest.mark.parametrize("objective", ["binary", "multiclass", "regression", "mape"])
def test_bare_boosters_of_lightgbm_agree(objective: str, tmp_path: Path) -> None:
    target = {"binary": CULTIVAR > 0, "multiclass": CULTIVAR}.get(objective, WINE["proline"])
    words = {"objective": objective, "verbosity": -1, **({"num_class": 3} if objective == "multiclass" else {})}
    model = lightgbm.train(words, lightgbm.Dataset(WINE, target), 5)
    made = lazuli.onnx.export(model, WINE, tmp_path / "m.onnx")
    got = list(Runnable(made.file).answers(WINE).values())[-1]
    wanted = np.asarray(model.predict(WINE))
    assert np.abs((got[:, -1] if wanted.ndim == 1 else got) - wanted).max() < 1e-4 * max(1, wanted.max())
    assert lazuli.onnx.check(model, made.file, WINE).agrees


@pytest.mark.parametrize("objective", ["binary:logistic", "multi:softprob", "reg:squarederror"])
def test_bare_boosters_of_xgboost_agree(objective: str, tmp_path: Path) -> None:
    target = {"binary:logistic": CULTIVAR > 0, "multi:softprob": CULTIVAR}.get(objective, WINE["proline"])
    words = {"objective": objective, **({"num_class": 3} if "multi" in objective else {})}
    model = xgboost.train(words, xgboost.DMatrix(WINE, target), 5)
    made = lazuli.onnx.export(model, WINE, tmp_path / "m.onnx")
    got = list(Runnable(made.file).answers(WINE).values())[-1]
    wanted = model.predict(xgboost.DMatrix(WINE))
    assert np.abs((got[:, -1] if wanted.ndim == 1 else got) - wanted).max() < 1e-4 * max(1, wanted.max())


def test_categories_of_lightgbm_are_texts(tmp_path: Path) -> None:
    frame, label = mixed()
    frame = frame[["alcohol", "size", "hue"]].assign(word=pd.Categorical(frame["ash_word"]))
    model = lightgbm.LGBMClassifier(min_child_samples=5, **QUIET).fit(frame, label)
    made = lazuli.onnx.export(model, frame, tmp_path / "m.onnx")
    assert made.check.agrees
    assert [port.type for port in made.signature.inputs] == ["float32", "string", "float32", "string"]
    unseen = next(group for group in made.check.groups if group.name == "unseen categories")
    assert unseen.rows > 0 and not unseen.left_out


def test_one_column_of_many_is_used(tmp_path: Path) -> None:
    columns = ColumnTransformer([("only", StandardScaler(), ["bmi"])])
    model = make_pipeline(columns, LinearRegression()).fit(PATIENTS, PROGRESS)
    made = lazuli.onnx.export(model, PATIENTS, tmp_path / "m.onnx")
    assert made.check.agrees and list(map(str, made.signature.inputs)) == ["bmi: float32[?, 1]"]


def test_missing_values_are_said_in_several_ways(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None, 3, 4] * 20, dtype="Int64"),
            "truth": pd.array([True, None, False, True] * 20, dtype="boolean"),
            "half": [1.5, None, 2.5, 3.5] * 20,
        }
    )
    model = make_pipeline(SimpleImputer(), LinearRegression()).fit(frame, range(80))
    assert lazuli.onnx.export(model, frame, tmp_path / "m.onnx").check.agrees


def test_a_column_named_as_an_output_stays_apart_from_it(tmp_path: Path) -> None:
    frame = PATIENTS.rename(columns={"s1": "prediction", "s2": "variable"})
    made = lazuli.onnx.export(LinearRegression().fit(frame, PROGRESS), frame, tmp_path / "m.onnx")
    assert [port.name for port in made.signature.inputs] == list(frame.columns)
    assert [port.name for port in made.signature.outputs] == ["prediction_out"]


def test_a_table_of_numbers_is_one_input(tmp_path: Path) -> None:
    model = Ridge().fit(PATIENTS.to_numpy(), PROGRESS)
    made = lazuli.onnx.export(model, PATIENTS.to_numpy(), tmp_path / "m.onnx")
    assert list(map(str, made.signature.inputs)) == ["input: float32[?, 10]"]
    refused = next(group for group in made.check.groups if group.name == "missing values")
    assert refused.rows == 0 and refused.left_out == tuple(f"column {place}" for place in range(10))


@pytest.mark.parametrize(
    ("model", "link"),
    [
        (HistGradientBoostingRegressor(loss="poisson", max_iter=5), "the exponential link function"),
        (HistGradientBoostingRegressor(loss="gamma", max_iter=5), "the exponential link function"),
        (lightgbm.LGBMRegressor(objective="cross_entropy", **QUIET), "the logistic link function"),
    ],
    ids=["poisson", "gamma", "cross_entropy"],
)
def test_a_link_function_that_the_converter_leaves_out_is_put_back(model: Any, link: str, tmp_path: Path) -> None:
    model.fit(PATIENTS, PROGRESS / PROGRESS.max())
    made = lazuli.onnx.export(model, PATIENTS, tmp_path / "m.onnx")
    assert made.check.agrees and made.check.repaired == (link,)
    got = Runnable(made.file).answers(PATIENTS)["prediction"].ravel()
    assert np.abs(got - model.predict(PATIENTS)).max() < 1e-4


def test_numbers_that_decide_at_a_split_are_made_wider(tmp_path: Path) -> None:
    frame, label = mixed()
    model = of_columns(RandomForestClassifier(20, random_state=0)).fit(frame, label)
    made = lazuli.onnx.export(model, frame, tmp_path / "m.onnx")
    assert made.check.agrees and made.check.repaired == ("float64 up to the last step",)
    assert {port.type for port in made.signature.inputs} == {"float64", "string"}


def test_margins_of_the_wrong_sign_are_turned(tmp_path: Path) -> None:
    frame = WINE[["alcohol", "hue"]]
    model = SVC().fit(frame, CULTIVAR > 0)
    made = lazuli.onnx.export(model, frame, tmp_path / "m.onnx")
    assert made.check.agrees and made.check.repaired == ("the sign of margins",)
    got = Runnable(made.file).answers(frame)
    assert (got["label"] == model.predict(frame)).all()
    assert np.abs(got["probabilities"][:, 1] - model.decision_function(frame)).max() < 1e-4


def test_distances_that_decide_are_wider_throughout(tmp_path: Path) -> None:
    model = make_pipeline(RobustScaler(), KNeighborsClassifier()).fit(WINE, CULTIVAR)
    made = lazuli.onnx.export(model, WINE, tmp_path / "m.onnx")
    assert made.check.agrees and made.check.repaired == ("float64 throughout",)
    assert {port.type for port in (*made.signature.inputs, *made.signature.outputs)} == {"float64", "int64"}


def test_trees_that_learned_from_missing_values_agree(tmp_path: Path) -> None:
    holes = WINE.mask(np.random.default_rng(0).random(WINE.shape) < 0.2)
    model = RandomForestClassifier(10, random_state=0).fit(holes, CULTIVAR)
    assert lazuli.onnx.export(model, holes, tmp_path / "m.onnx").check.agrees


def test_a_conversion_that_is_wrong_is_refused_with_the_rows_that_differ(tmp_path: Path) -> None:
    frame = WINE[["alcohol", "hue"]].mask(WINE["ash"] > 2.5)
    model = make_pipeline(SimpleImputer(add_indicator=True), LogisticRegression()).fit(frame, CULTIVAR)
    file = tmp_path / "m.onnx"
    with pytest.raises(
        lazuli.onnx.OutputsDiffer, match=r"on \d+ of 178 rows given, .*\n  rows given, row \d+: "
    ) as told:
        lazuli.onnx.export(model, frame, file)
    assert not file.exists()
    worst = told.value.check.differences[0]
    place = worst.row
    assert worst.inputs == {name: pytest.approx(frame[name].iloc[place], nan_ok=True) for name in frame}
    assert worst.original["probabilities"] == pytest.approx(model.predict_proba(frame)[place].tolist())
    made = lazuli.onnx.export(model, frame, file, force=True)
    assert not made.check.agrees
    assert json.loads(lazuli.onnx.inspect(file).metadata["lazuli.check"])["agrees"] is False


def test_steps_without_a_converter_are_named() -> None:
    model = make_pipeline(SplineTransformer(), LinearRegression()).fit(PATIENTS, PROGRESS)
    with pytest.raises(Unsupported, match=r"^SplineTransformer has no converter to ONNX"):
        lazuli.onnx.export(model, PATIENTS, "never.onnx")


def test_several_labels_for_a_row_are_refused() -> None:
    model = MultiOutputClassifier(GaussianNB()).fit(WINE, np.c_[CULTIVAR, CULTIVAR > 0])
    with pytest.raises(Unsupported, match="gives several labels for a row"):
        lazuli.onnx.export(model, WINE, "never.onnx")


def test_what_the_converter_cannot_do_is_told_in_its_words() -> None:
    model = make_pipeline(KBinsDiscretizer(3, encode="onehot"), LinearRegression()).fit(PATIENTS, PROGRESS)
    with pytest.raises(Unsupported, match=r"The converter fails: .*onehot encoding not supported"):
        lazuli.onnx.export(model, PATIENTS, "never.onnx")
    model = xgboost.XGBRegressor(booster="dart", n_estimators=3).fit(PATIENTS, PROGRESS)
    with pytest.raises(Unsupported, match="booster 'dart' has no converter"):
        lazuli.onnx.export(model, PATIENTS, "never.onnx")


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (
            "chainer.links",
            "Chainer models are not converted here. They come in as ONNX files: write one there with onnx_",
        ),
        ("mxnet.gluon", "MXNet models"),
        ("pyspark.ml", "SparkML models"),
        ("matlab.engine", "MATLAB models"),
        ("nowhere", "There is no converter for a Model"),
    ],
)
def test_models_that_come_as_onnx_files_say_so(module: str, told: str) -> None:
    kind = type("Model", (), {"__module__": module, "predict": lambda self, rows: np.zeros(len(rows))})
    with pytest.raises(Unsupported, match=told):
        lazuli.onnx.export(kind(), PATIENTS, "never.onnx")


@pytest.mark.parametrize(
    ("sample", "told"),
    [
        (np.zeros((0, 3)), "has no rows"),
        (np.zeros(3), "1 dimensions"),
        (pd.DataFrame({"when": pd.to_datetime(["2020-01-01"])}), "The column 'when' holds datetime64"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "same name"),
    ],
)
def test_a_sample_that_cannot_be_is_told(sample: Any, told: str) -> None:
    model = LinearRegression().fit(PATIENTS, PROGRESS)
    with pytest.raises(Problem, match=told):
        lazuli.onnx.export(model, sample, "never.onnx")


def test_a_file_is_compared_with_the_model_it_came_from(tmp_path: Path) -> None:
    model = LinearRegression().fit(PATIENTS, PROGRESS)
    made = lazuli.onnx.export(model, PATIENTS, tmp_path / "m.onnx")
    assert lazuli.onnx.check(model, made.file, PATIENTS).agrees
    other = LinearRegression().fit(PATIENTS, PROGRESS + 50)
    found = lazuli.onnx.check(other, made.file, PATIENTS)
    assert found.groups[0].rows_differ == len(PATIENTS)
    assert found.max_difference == pytest.approx(50, abs=1e-3)
    with pytest.raises(InvalidInput, match="The model itself refuses the sample: ValueError: The feature names"):
        lazuli.onnx.check(model, made.file, PATIENTS.rename(columns={"bmi": "weight"}))


def test_a_language_that_the_machine_lacks_is_told() -> None:
    node = helper.make_node("StringNormalizer", ["x"], ["y"], locale="xx_XX.UTF-8", case_change_action="LOWER")
    ports = [helper.make_tensor_value_info(name, TensorProto.STRING, ["n"]) for name in "xy"]
    graph = helper.make_graph([node], "words", ports[:1], ports[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    with pytest.raises(Unsupported, match="which this machine does not know"):
        Runnable(model.SerializeToString())


def test_a_graph_that_cannot_run_is_told(tmp_path: Path) -> None:
    made = lazuli.onnx.export(LinearRegression().fit(PATIENTS, PROGRESS), PATIENTS, tmp_path / "m.onnx")
    model = onnx.load_model(made.file)
    model.graph.node[0].op_type = "Nonsense"
    with pytest.raises(Unsupported, match=r"ONNX Runtime cannot run the model: .*Nonsense"):
        Runnable(model.SerializeToString())
