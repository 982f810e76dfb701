"""Recorded and labelled scenarios of repeated statements, written apart from the detector."""
