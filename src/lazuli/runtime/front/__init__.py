"""The front of an online endpoint: one process, started as ``python -m lazuli.runtime.front CONFIG``.

It outlives the server. All it knows is in one JSON file, which it reads at its start and again when told to (SIGHUP,
or ``POST /reload`` at its control socket): a file that is wrong changes nothing and is told in the log. A new table
takes effect between two requests; what is being answered by a deployment that left the table is still answered by it.
SIGTERM ends it after the requests that have come.

::

    {
      "endpoint": "prices",
      "generation": 7,                    any number; /state says which one is in effect
      "address": ["127.0.0.1", 8011],     where callers come in; read at the start alone
      "control": "/…/front.sock",         Unix socket: GET /state, GET /metrics; read at the start alone
      "log": "/…/requests.jsonl",         a line for each request; null for none
      "auth": "key",                      "key": every request needs a key or a token; "none": nobody is asked
      "keys": ["<sha256>", "<sha256>"],   of the primary and the secondary key, in hex
      "tokens": [{"sha256": "…", "expires": 1790000000}],
      "largest": 104857600,               bytes of a request's body
      "traffic": {"blue": 90, "green": 10},
      "mirror": {"green": 10},            percent of requests that are sent there as well
      "deployments": {
        "blue": {
          "kind": "process",              whatever speaks HTTP: a scoring script or the user's own server
          "addresses": ["/…/0.sock", "127.0.0.1:9000"],
          "instances": 2,                 how many instances the addresses belong to; for /metrics alone
          "concurrency": 1,               requests at a time for each address
          "scoring": "/score",            the path there of what callers ask at /score, and below it
          "timeout_ms": 5000,
          "wait_ms": 500,                 how long a request waits for its turn
          "largest_answer": 104857600,    bytes of an answer's body
          "collect": {                    requests and answers that are kept, in files below folders
            "source": "/subscriptions/…", "model_version": "3", "rolling": "hour", "headers": ["user-agent"],
            "collections": {"request": {"folder": "…", "sampling": 1.0}, "model_outputs": {"folder": "…"}}
          }
        },
        "green": {
          "kind": "onnx",                 answered in this process
          "model": "/…/model.onnx",
          "name": "iris",                 of the model, for callers of the Open Inference Protocol
          "providers": ["CPUExecutionProvider"],
          "threads": 1,                   that one run may use; 0: all cores
          "runners": 0,                   runs at a time of a model that is slow; 0: one for each core
          "batch": 1,                     rows of waiting requests that may be answered in one run
          "waiting": 1000,                requests of a slow model that may wait
          "timeout_ms": 5000
        }
      }
    }

Where only some of its addresses or its limits change, a deployment goes on with the connections that it has: instances
come and go without a pause.

A caller's ``azureml-model-deployment`` header goes past the split. Every path but ``/`` goes to the deployment:
``GET /`` tells without a key whether the endpoint has a deployment that takes traffic.

==== ===========================================================================================================
401  no key, or one that does not hold (any more)
404  no deployment has traffic, or none has the name that the caller gave
408  the deployment took longer than ``timeout_ms``
413  the body is larger than ``largest``
424  the deployment answered something other than 200: what it was is in ``ms-azureml-model-error-statuscode``;
     or its answer is larger than ``largest_answer``
429  twice as many requests are there as can be answered at a time, or one waited longer than ``wait_ms``
503  no process of the deployment can be reached
==== ===========================================================================================================

A request is sent to another process, once more, when the one that had it died before it answered: whoever scores has
to be asked twice without harm.
"""
