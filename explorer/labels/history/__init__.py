"""What is read of labels: versions, logs, differences, blame."""
