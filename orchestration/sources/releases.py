"""Release rules: the nominal day of publication, from the day an observation speaks of. Sessions and holidays are landing's."""

import numpy as np
import pandas as pd


def calendar_days_later(observed_on: "pd.Series[pd.Timestamp]", days: int) -> "pd.Series[pd.Timestamp]":
    """observed_on plus calendar days."""
    return observed_on + pd.Timedelta(days=days)


def weekdays_later(observed_on: "pd.Series[pd.Timestamp]", days: int) -> "pd.Series[pd.Timestamp]":
    """observed_on plus weekdays (Monday to Friday); a weekend counts from the Friday before."""
    later = np.busday_offset(observed_on.to_numpy().astype("datetime64[D]"), days, roll="backward")
    return pd.Series(later.astype("datetime64[s]"), index=observed_on.index)
