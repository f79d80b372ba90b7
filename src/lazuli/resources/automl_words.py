"""The words of AutoML: its tasks, and which metrics and algorithms go with each."""

from __future__ import annotations

from lazuli.schema.words import Word

__all__ = ["Algorithm", "Metric", "Task"]


class Metric(Word):
    """What the best model is best at."""

    AUC_WEIGHTED = "AUC_weighted", "AUCWeighted"
    ACCURACY = "accuracy", "Accuracy"
    NORM_MACRO_RECALL = "norm_macro_recall", "NormMacroRecall"
    AVERAGE_PRECISION_SCORE_WEIGHTED = "average_precision_score_weighted", "AveragePrecisionScoreWeighted"
    PRECISION_SCORE_WEIGHTED = "precision_score_weighted", "PrecisionScoreWeighted"
    NORMALIZED_ROOT_MEAN_SQUARED_ERROR = "normalized_root_mean_squared_error", "NormalizedRootMeanSquaredError"
    SPEARMAN_CORRELATION = "spearman_correlation", "SpearmanCorrelation"
    R2_SCORE = "r2_score", "R2Score"
    NORMALIZED_MEAN_ABSOLUTE_ERROR = "normalized_mean_absolute_error", "NormalizedMeanAbsoluteError"
    MEAN_AVERAGE_PRECISION = "mean_average_precision", "MeanAveragePrecision"
    IOU = "iou", "IOU"


class Algorithm(Word):
    """What may be tried on a table."""

    LOGISTIC_REGRESSION = "logistic_regression", "LogisticRegression"
    SGD = "sgd", "SGD"
    MULTINOMIAL_NAIVE_BAYES = "multinomial_naive_bayes", "MultinomialNaiveBayes"
    BERNOULLI_NAIVE_BAYES = "bernoulli_naive_bayes", "BernoulliNaiveBayes"
    SVM = "svm", "SVM"
    LINEAR_SVM = "linear_svm", "LinearSVM"
    KNN = "knn", "KNN"
    DECISION_TREE = "decision_tree", "DecisionTree"
    RANDOM_FOREST = "random_forest", "RandomForest"
    EXTREME_RANDOM_TREES = "extreme_random_trees", "ExtremeRandomTrees"
    LIGHT_GBM = "light_gbm", "LightGBM"
    GRADIENT_BOOSTING = "gradient_boosting", "GradientBoosting"
    XG_BOOST_CLASSIFIER = "xg_boost_classifier", "XGBoostClassifier"
    ELASTIC_NET = "elastic_net", "ElasticNet"
    LASSO_LARS = "lasso_lars", "LassoLars"
    XG_BOOST_REGRESSOR = "xg_boost_regressor", "XGBoostRegressor"
    AUTO_ARIMA = "auto_arima", "AutoArima"
    PROPHET = "prophet", "Prophet"
    NAIVE = "naive", "Naive"
    SEASONAL_NAIVE = "seasonal_naive", "SeasonalNaive"
    AVERAGE = "average", "Average"
    SEASONAL_AVERAGE = "seasonal_average", "SeasonalAverage"
    EXPONENTIAL_SMOOTHING = "exponential_smoothing", "ExponentialSmoothing"
    ARIMAX = "arimax", "Arimax"
    TCN_FORECASTER = "tcn_forecaster", "TCNForecaster"


_BOTH = {
    Algorithm.SGD,
    Algorithm.KNN,
    Algorithm.DECISION_TREE,
    Algorithm.RANDOM_FOREST,
    Algorithm.EXTREME_RANDOM_TREES,
    Algorithm.LIGHT_GBM,
    Algorithm.GRADIENT_BOOSTING,
}
_CLASSIFIERS = {
    Algorithm.LOGISTIC_REGRESSION,
    Algorithm.MULTINOMIAL_NAIVE_BAYES,
    Algorithm.BERNOULLI_NAIVE_BAYES,
    Algorithm.SVM,
    Algorithm.LINEAR_SVM,
    Algorithm.XG_BOOST_CLASSIFIER,
}
_REGRESSORS = {Algorithm.ELASTIC_NET, Algorithm.LASSO_LARS, Algorithm.XG_BOOST_REGRESSOR}
_FORECASTERS = set(Algorithm) - _CLASSIFIERS
_CLASS_METRICS = (
    Metric.AUC_WEIGHTED,
    Metric.ACCURACY,
    Metric.NORM_MACRO_RECALL,
    Metric.AVERAGE_PRECISION_SCORE_WEIGHTED,
    Metric.PRECISION_SCORE_WEIGHTED,
)
_NUMBER_METRICS = (
    Metric.NORMALIZED_ROOT_MEAN_SQUARED_ERROR,
    Metric.SPEARMAN_CORRELATION,
    Metric.R2_SCORE,
    Metric.NORMALIZED_MEAN_ABSOLUTE_ERROR,
)


class Task(Word):
    """What to learn."""

    CLASSIFICATION = "classification", "Classification"
    REGRESSION = "regression", "Regression"
    FORECASTING = "forecasting", "Forecasting"
    IMAGE_CLASSIFICATION = "image_classification", "ImageClassification"
    IMAGE_CLASSIFICATION_MULTILABEL = "image_classification_multilabel", "ImageClassificationMultilabel"
    IMAGE_OBJECT_DETECTION = "image_object_detection", "ImageObjectDetection"
    IMAGE_INSTANCE_SEGMENTATION = "image_instance_segmentation", "ImageInstanceSegmentation"
    TEXT_CLASSIFICATION = "text_classification", "TextClassification"
    TEXT_CLASSIFICATION_MULTILABEL = "text_classification_multilabel", "TextClassificationMultilabel"
    TEXT_NER = "text_ner", "TextNER"

    @property
    def is_table(self) -> bool:
        """Whether it learns from the columns of a table."""
        return self in (Task.CLASSIFICATION, Task.REGRESSION, Task.FORECASTING)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What its best model can be best at; the first is taken where none is named."""
        if self in (Task.REGRESSION, Task.FORECASTING):
            return _NUMBER_METRICS
        if self in (Task.IMAGE_OBJECT_DETECTION, Task.IMAGE_INSTANCE_SEGMENTATION):
            return (Metric.MEAN_AVERAGE_PRECISION,)
        if self is Task.IMAGE_CLASSIFICATION_MULTILABEL:
            return (Metric.IOU, *_CLASS_METRICS)
        return _CLASS_METRICS

    @property
    def algorithms(self) -> set[Algorithm]:
        """What may be tried; nothing where it is no table."""
        if self is Task.CLASSIFICATION:
            return _CLASSIFIERS | _BOTH
        if self is Task.REGRESSION:
            return _REGRESSORS | _BOTH
        return _FORECASTERS if self is Task.FORECASTING else set()
