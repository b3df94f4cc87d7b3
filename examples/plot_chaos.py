"""
============================
Forecasting a chaotic system
============================

The equations of Lorenz are deterministic, and yet no forecast of them reaches far: two states that
are close to each other move apart exponentially fast. How far ahead can a network forecast that has
never seen the equations, only their solution, measured with a little noise? This example compares
the four architectures, step by step into the future, with simple baselines and with a forecast that
is hard to beat: the equations themselves, started from the last noisy measurement.
"""

# %%
# Three coordinates, measured
# ---------------------------
# Lorenz derived his system [1]_ from the convection of a fluid heated from below. It is measured
# ten times in a unit of time, with an error of half a per cent of each coordinate's spread.

import matplotlib.pyplot as plt
import numpy as np
from scipy.integrate import solve_ivp
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklstm import (
    LSTMRegressor,
    PurgedTimeSeriesSplit,
    TimeDistributedTransformer,
    make_windows,
)
from sklstm.plotting import ForecastDisplay

FOUR = "vanilla", "bidirectional", "stacked", "cnn_lstm"  # the lecture's networks

STEP, LOOKBACK, HORIZON = 0.1, 8, 40


def lorenz(t, state):
    """Rate of change of one state or of many, in an array whose rows are x, y and z."""
    x, y, z = state.reshape(3, -1)
    return np.concatenate([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])


def integrate(start, times):
    solution = solve_ivp(
        lorenz, (0, times[-1]), np.ravel(start), "DOP853", t_eval=times, rtol=1e-8, atol=1e-8
    )
    return solution.y.reshape(3, -1, len(times))


times = 20 + STEP * np.arange(6000)  # before 20 the path is still approaching its attractor
truth = integrate([1.0, 1.0, 20.0], times)[:, 0].T
noise = np.random.default_rng(0).normal(scale=0.005 * truth.std(axis=0), size=truth.shape)
measured = truth + noise

figure, (left, right) = plt.subplots(
    1, 2, figsize=(8, 3.6), width_ratios=[2, 3], layout="constrained"
)
path = integrate(truth[0], np.arange(0, 15, 0.01))[:, 0]
left.plot(path[0], path[2], color="#56b4e9", lw=0.8)
left.plot(measured[:150, 0], measured[:150, 2], ".", color="#0072b2", ms=5)
left.set(xlabel="x", ylabel="z", title="Path and measurements")
right.plot(np.arange(0, 15, 0.01), path[0], color="#56b4e9", lw=0.8)
right.plot(STEP * np.arange(150), measured[:150, 0], ".", color="#0072b2", ms=5)
right.set(xlabel="time", ylabel="x", title="The coordinate to forecast")
plt.show()

# %%
# Windows
# -------
# A window holds the last eight measurements of all three coordinates; its target is the next forty
# values of x. The last fold of :class:`~sklstm.PurgedTimeSeriesSplit` is the test: all training
# windows lie before it, targets included.

X, Y, origins = make_windows(
    measured, measured[:, 0], lookback=LOOKBACK, horizon=HORIZON, return_origins=True
)
train, test = list(PurgedTimeSeriesSplit(4, horizon=HORIZON).split(X))[-1]
print(f"windows {X.shape}, targets {Y.shape}; {len(train)} to train on, {len(test)} to test on")

# %%
# What the networks are compared with
# -----------------------------------
# The simplest baselines are the last value and a linear model of the whole window. The hardest one
# is the equations, integrated from the last measurement of each window. They are exact, so their
# error grows only from the noise of that single measurement.

linear = make_pipeline(
    FunctionTransformer(lambda windows: windows.reshape(len(windows), -1)),
    StandardScaler(),
    Ridge(),
)
ahead = STEP * np.arange(1, HORIZON + 1)
forecasts = {
    "last value": np.repeat(X[test, -1, :1], HORIZON, axis=1),
    "linear model": linear.fit(X[train], Y[train]).predict(X[test]),
    "equations": integrate(X[test, -1].T, ahead)[0],
}

# %%
# Four networks
# -------------

networks = {}
for arch in FOUR:
    networks[arch] = make_pipeline(
        TimeDistributedTransformer(StandardScaler()),
        LSTMRegressor(arch, units=32, epochs=30, learning_rate=5e-3, random_state=0),
    )
    forecasts[arch] = networks[arch].fit(X[train], Y[train]).predict(X[test])

# %%
# Error by horizon
# ----------------
# The largest Lyapunov exponent of the system is about 0.906 per unit of time [2]_: on average the
# logarithm of a small error grows at this rate. The figure shows the median error, because a mean
# would be dominated by the few forecasts that end on the wrong wing of the attractor.

errors = {name: np.median(np.abs(made - Y[test]), axis=0) for name, made in forecasts.items()}
looks = {
    "last value": dict(color="0.55", ls=":"),
    "linear model": dict(color="0.55", ls="--"),
    "equations": dict(color="black", ls="-"),
    "vanilla": dict(color="#0072b2", marker="o"),
    "bidirectional": dict(color="#e69f00", marker="s"),
    "stacked": dict(color="#009e73", marker="^"),
    "cnn_lstm": dict(color="#cc79a7", marker="D"),
}
figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
for name, look in looks.items():
    axes.semilogy(ahead, errors[name], label=name, lw=1.8, ms=4, markevery=3, **look)
slope = (ahead >= 1.2) & (ahead <= 3.6)
axes.semilogy(
    ahead[slope],
    0.6 * errors["equations"][slope][0] * np.exp(0.906 * (ahead[slope] - ahead[slope][0])),
    color="#d55e00",
    lw=3,
    label="exp(0.906 t)",
)
axes.set(xlabel="time ahead", ylabel="median absolute error of x")
axes.grid(alpha=0.3, which="both")
axes.legend(ncols=2, fontsize=9, loc="lower right")
plt.show()

# %%
# The error of the equations grows at a rate close to the exponent. The errors of the networks begin
# higher: the networks had to learn the equations from a few thousand noisy windows, and one loss
# covers all horizons, of which the distant ones are the hardest. From there on chaos takes over,
# until their errors level off at the error of the linear model, whose forecast is by then little
# more than the mean. One step ahead the linear model is as good as the networks; from the second
# step on it is worse. With these settings ``"bidirectional"`` forecasts furthest and ``"cnn_lstm"``
# least far, with three other seeds too; the other two lie between them.

rate = np.polyfit(ahead[slope], np.log(errors["equations"][slope]), 1)[0]
print(f"growth of the equations' error: {rate:.2f} per unit of time")
print(f"{'time ahead':<14}" + "".join(f"{ahead[step]:>8.1f}" for step in range(4, HORIZON, 7)))
for name, error in errors.items():
    print(f"{name:<14}" + "".join(f"{error[step]:>8.2f}" for step in range(4, HORIZON, 7)))

# %%
# A few forecasts
# ---------------
# Forecasts forty steps ahead, made at four times in a part of the record that was not trained on.

shown = test[100:400]
display = ForecastDisplay.from_estimator(
    networks["vanilla"], X[shown], measured[:, 0], origins[shown], context=40
)
display.ax_.set(xlabel="step of 0.1 units of time", ylabel="x", ylim=(-19, 25))
display.ax_.legend(ncols=3, loc="upper center")
plt.show()

# %%
# References
# ----------
# .. [1] E. N. Lorenz, "Deterministic Nonperiodic Flow", Journal of the Atmospheric Sciences 20,
#    130-141, 1963.
#
# .. [2] J. C. Sprott, "Chaos and Time-Series Analysis", Oxford University Press, 2003.
