"""The entry script of azureml-inference-server-http."""

import json
import os
import time
from pathlib import Path

import joblib
import numpy as np
from azureml_inference_server_http.api.aml_response import AMLResponse


def init():
    global model  # noqa: PLW0603 - the shape that Azure ML documents
    model = joblib.load(Path(os.environ["AZUREML_MODEL_DIR"]) / "model.joblib")


def run(raw_data):
    time.sleep(float(Path(os.environ["SERVICE_MS_FILE"]).read_text() or 0) / 1000)
    try:
        rows = np.asarray(json.loads(raw_data)["data"], dtype=float)
        return {"scores": model.predict_proba(rows)[:, 1].tolist()}
    except (ValueError, KeyError, TypeError) as error:
        return AMLResponse({"error": f"the input cannot be scored: {error}"}, 400, json_str=True)
