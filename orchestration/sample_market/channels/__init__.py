"""The five ways in which somebody is forced to trade, a mechanism a file, each with its source.

A channel keeps its state for all worlds at once (first axis), says before a session what it must trade, and looks at the
session's returns afterwards. It knows neither prices of single securities nor other channels. What estimates pressure from
published figures lives elsewhere and may not come in: truth must not share code with its estimators.
"""
