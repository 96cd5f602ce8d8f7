"""Tandem keeps tickets in step between companies whose teams use different trackers."""

__version__ = "0.1.0"
