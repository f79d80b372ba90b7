"""A model for MLflow that needs nothing: long petals are of kind c."""


class Petals:
    def predict(self, rows):
        return ["c" if row["petal_length"] > 4 else "a" for row in rows.to_dict("records")]


def _load_pyfunc(path):
    return Petals()
