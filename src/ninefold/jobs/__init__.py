"""What runs by itself: the pipeline, workers, durable jobs and schedules."""

from .durable import DurableJobs, Job, Schedule
from .pipeline import Pipeline, Processed
from .worker import Worker

__all__ = ["DurableJobs", "Job", "Pipeline", "Processed", "Schedule", "Worker"]
