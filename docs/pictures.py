"""Make the picture of the home page and the README, for light pages and dark ones, and that of the
first steps, as their code draws it.

Run ``python docs/pictures.py`` when what they show has changed. Letters of the first are large,
because it fills half a page.
"""

from pathlib import Path

import matplotlib.pyplot as plt

from sklstm import Forecaster, make_windows
from sklstm.datasets import load_elnino
from sklstm.plotting import IntervalDisplay

FOLDER = Path(__file__).parent / "_static"
DARK = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), "#d0d4da"),
    "axes.edgecolor": "#8b929c",
    "figure.facecolor": "#14181e",
    "axes.facecolor": "#14181e",
    "legend.facecolor": "#14181e",
    "legend.edgecolor": "#8b929c",
    "savefig.facecolor": "#14181e",
}


def draw(forecast, df, style, colour):
    with plt.rc_context({"font.size": 15, "legend.fontsize": 14, **style}):
        figure, ax = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
        IntervalDisplay(forecast, df.iloc[-48:]).plot(
            ax=ax,
            curve_kwargs={"color": colour, "linewidth": 2.6},
            band_kwargs={"color": colour, "alpha": 0.3},
        )
        ax.set(xlabel="", ylabel="sea temperature (°C)")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.17), ncols=3, frameon=False)
        ax.tick_params("x", rotation=0)
        for label in ax.get_xticklabels():
            label.set_horizontalalignment("center")
        return figure


def main():
    df = load_elnino(as_frame=True).data
    X, Y = make_windows(df, y="sst", lookback=36, horizon=12)
    model = Forecaster(calibration_fraction=0.2, random_state=0).fit(X, Y)
    forecast = model.forecast(df, coverage=0.8)
    for name, style, colour in (("light", {}, "#0072B2"), ("dark", DARK, "#56B4E9")):
        draw(forecast, df, style, colour).savefig(FOLDER / f"forecast_{name}.png", dpi=120)
    display = IntervalDisplay.from_forecast(forecast, df)
    display.figure_.savefig(FOLDER / "first_forecast.png", dpi=120)


if __name__ == "__main__":
    main()
