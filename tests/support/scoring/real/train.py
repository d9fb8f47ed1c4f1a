"""Trains the small model of the real servers, in their environment. Arguments: the folder for it.

Writes `model.joblib` for azureml-inference-server-http, `mlflow/` for `mlflow models serve`, and `expected.json`: some
inputs with what the model says of them.
"""

import json
import sys
from pathlib import Path

import joblib
import mlflow.pyfunc
import numpy as np
from sklearn.linear_model import LogisticRegression

folder = Path(sys.argv[1])
draws = np.random.default_rng(7)
features = draws.normal(size=(400, 4))
labels = (features @ [1.0, -2.0, 0.5, 0.0] + draws.normal(scale=0.5, size=400) > 0).astype(int)
model = LogisticRegression().fit(features, labels)
joblib.dump(model, folder / "model.joblib")
mlflow.pyfunc.save_model(
    path=str(folder / "mlflow"),
    python_model=str(Path(__file__).with_name("served.py")),
    artifacts={"model": str(folder / "model.joblib")},
    pip_requirements=[],
)
inputs = features[:5].round(3)
expected = {"inputs": inputs.tolist(), "scores": model.predict_proba(inputs)[:, 1].tolist()}
(folder / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
