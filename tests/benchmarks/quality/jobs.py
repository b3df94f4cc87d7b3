"""What is run: jobs, in processes of their own, and the record of what they gave.

The record grows job by job and is read again at the next start, so a run can be stopped and
continued. A job is done if the record holds it for the same version and the same parameters.
"""

import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass

import sklstm
from quality import models
from quality.measure import cross_validate, measure

# As in the workers of a search: each has a core to itself. TensorFlow's chatter stays away.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}


@dataclass(frozen=True)
class Job:
    """One model on one set: fitted once and tested, or cross-validated on the training part."""

    set: str
    model: str
    seed: int
    part: str  # "test" or "folds"
    params: str = "{}"  # JSON, of our networks
    version: str = sklstm.__version__

    @classmethod
    def of(cls, record):
        return cls(**{name: record[name] for name in cls.__dataclass_fields__})


def plan(sets, architectures, references, n_seeds, params, cross_validated):
    """The jobs of a run, tests first; `sets` maps names to kinds."""
    jobs = []
    for part in ("test", "folds") if cross_validated else ("test",):
        for name, kind in sets.items():
            if part == "folds" and kind not in models.CROSS_VALIDATED:
                continue
            ours = [model for model in models.ARCHITECTURES if model in architectures]
            others = models.REFERENCES[kind] if references and part == "test" else ()
            for model in (*ours, *others):
                seeds = range(n_seeds if models.is_random(model) else 1)
                given = params if model in ours else {}
                jobs += [Job(name, model, seed, part, json.dumps(given)) for seed in seeds]
    return jobs


def run(job, limit):
    """Run a job in this process; its record."""
    work = measure if job.part == "test" else cross_validate
    result = work(job.set, job.model, job.seed, json.loads(job.params), limit)
    return asdict(job) | result


def run_all(jobs, n_workers, limit):
    """Run jobs in worker processes; yield their records as they come."""
    os.environ.update(ENVIRONMENT)  # workers are started afresh and inherit it
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_workers, mp_context=context) as pool:
        futures = [pool.submit(run, job, limit) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:  # an error, or Ctrl-C: nothing else begins
            pool.shutdown(wait=False, cancel_futures=True)


class Record:
    """Records in a JSON file, written anew whenever one is added."""

    def __init__(self, path):
        self.path = path
        stored = json.loads(path.read_text()) if path.exists() else []
        self.records = {Job.of(record): record for record in stored}

    def __contains__(self, job):
        return job in self.records

    def forget(self, jobs):
        for job in jobs:
            self.records.pop(job, None)

    def add(self, record):
        self.records[Job.of(record)] = record
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".part")  # so that a stop leaves no half a file
        unfinished.write_text(json.dumps(list(self.records.values()), indent=1) + "\n")
        unfinished.replace(self.path)

    def of(self, params):
        """Records of this version, of the references and of our networks with these parameters."""
        wanted = json.dumps(params)
        return [
            record
            for job, record in self.records.items()
            if job.version == sklstm.__version__
            and (job.params == wanted or job.model not in models.ARCHITECTURES)
        ]
