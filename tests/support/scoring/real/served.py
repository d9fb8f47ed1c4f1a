"""The model as `mlflow models serve` loads it: "models from code"."""

import os
import time
from pathlib import Path

import joblib
import mlflow.models
import mlflow.pyfunc
import numpy as np


class Churn(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.model = joblib.load(context.artifacts["model"])

    def predict(self, context, model_input, params=None):
        time.sleep(float(Path(os.environ["SERVICE_MS_FILE"]).read_text() or 0) / 1000)
        rows = np.asarray(model_input, dtype=float)
        return self.model.predict_proba(rows)[:, 1].tolist()


mlflow.models.set_model(Churn())
