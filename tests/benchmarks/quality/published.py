"""Accuracies that others published for the official splits of the sets named here.

- HIVE-COTE 2 of Middlehurst et al. (2024), "Bake off redux", Data Mining and Knowledge Discovery
  38: the first resample, which is the official split, in the result files that aeon ships.
- InceptionTime of Ismail Fawaz et al. (2020), Data Mining and Knowledge Discovery 34: the authors'
  result files (github.com/hfawaz/InceptionTime).
- FCN and ResNet of Ismail Fawaz et al. (2019), Data Mining and Knowledge Discovery 33: means of
  the authors' runs (github.com/hfawaz/dl-4-tsc).
- LSTM-FCN of Karim et al. (2018), IEEE Access 6: the authors' result file for the smallest
  training loss (github.com/titu1994/LSTM-FCN). It has 0.25 for Trace, as much as one class.
"""

PUBLISHED = {
    "coffee": {
        "HIVE-COTE 2": 1.0,
        "InceptionTime": 1.0,
        "FCN": 1.0,
        "ResNet": 1.0,
        "LSTM-FCN": 1.0,
    },
    "gunpoint": {
        "HIVE-COTE 2": 1.0,
        "InceptionTime": 1.0,
        "FCN": 1.0,
        "ResNet": 0.991,
        "LSTM-FCN": 1.0,
    },
    "trace": {
        "HIVE-COTE 2": 1.0,
        "InceptionTime": 1.0,
        "FCN": 1.0,
        "ResNet": 1.0,
        "LSTM-FCN": 0.25,
    },
    "basic_motions": {"InceptionTime": 1.0},
}

SOURCES = (
    "Published: HIVE-COTE 2 (Middlehurst et al., 2024), InceptionTime (Ismail Fawaz et al., 2020), "
    "FCN and ResNet (Ismail Fawaz et al., 2019), LSTM-FCN (Karim et al., 2018; smallest training "
    "loss)."
)
