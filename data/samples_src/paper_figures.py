"""Figures and equations of the sparse coding paper."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from .common import PALE
from .pen import Pen

EQUATIONS = [
    r"$\min_{\alpha}\ \frac{1}{2}\,\|x - D\alpha\|_2^2 + \lambda\,\|\alpha\|_1$",
    r"$\alpha^{k+1} = S_{\lambda/L}\left(\alpha^{k} + \frac{1}{L} D^{T}(x - D\alpha^{k})\right)$",
    r"$S_{\theta}(u) = \mathrm{sign}(u)\,\max(|u| - \theta,\ 0)$",
    r"$\mathrm{NRMSE} = \frac{\|x - D\alpha\|_2}{\|x\|_2}$",
    r"$E_w = E_{adc} + K\,E_{it} + b\,(s + \log_2 \binom{m}{s})\,E_{tx}$",
]


def equation(index: int) -> object:
    """Return a plot function that writes one equation as vector text."""

    def plot(figure: Figure) -> None:
        figure.text(0.5, 0.5, EQUATIONS[index], ha="center", va="center", fontsize=10)

    return plot


def node(pen: Pen) -> None:
    """Draw the signal chain of the sensor node (240 x 104)."""
    boxes = [
        (2, 66, 50, 30, "MEMS|ADXL-type"),
        (64, 66, 50, 30, "ADC|12.8 kHz"),
        (126, 66, 50, 30, "Window|1024 samples"),
        (188, 66, 50, 30, "LISTA|8 layers"),
        (188, 16, 50, 30, "Quantiser|6 bit"),
        (126, 16, 50, 30, "Radio|868 MHz"),
        (2, 16, 88, 30, "Gateway|linear SVM, 4 classes"),
    ]
    for x, y, w, h, label in boxes:
        pen.block(x, y, w, h, label, 6.4, PALE)
    for x in (52, 114, 176):
        pen.arrow(x, 81, x + 12, 81, head=4)
    pen.arrow(213, 66, 213, 46, head=4)
    pen.arrow(188, 31, 176, 31, head=4)
    pen.arrow(126, 31, 90, 31, head=4)
    pen.text(108, 35, "packet", 5.8, "c")
    pen.text(2, 3, "Node supply: 2.4 V, 230 mAh coin cell", 6.4)


def error_curve(figure: Figure) -> None:
    """Plot the reconstruction error over the number of coefficients."""
    axes = figure.subplots()
    count = np.array([4, 8, 12, 16, 24, 32, 48, 64])
    series = [
        ("DCT", 0.82, 0.0171, "#5f6670", "s"),
        ("Wavelet db4", 0.70, 0.0202, "#0b7a75", "^"),
        ("K-SVD", 0.52, 0.0262, "#17375e", "o"),
        ("LISTA (ours)", 0.485, 0.0268, "#d9730d", "D"),
    ]
    for name, start, rate, color, mark in series:
        axes.plot(count, start * np.exp(-rate * count), color=color, marker=mark, ms=3, label=name)
    axes.annotate("NRMSE 0.206 at s = 32", (32, 0.206), (6, 0.04), arrowprops={"arrowstyle": "->"})
    axes.set(ylim=(0, 0.85), xlim=(0, 68))
    axes.set_xlabel("Non-zero coefficients s")
    axes.set_ylabel("NRMSE")
    axes.legend(loc="upper right")


def atoms(figure: Figure) -> None:
    """Plot six atoms of the learned dictionary."""
    rng = np.random.default_rng(7)
    grid = figure.subplots(2, 3, sharex=True, sharey=True)
    time = np.linspace(0, 80, 400)
    names = ["#12 shaft order", "#47 outer race", "#88 inner race"]
    names += ["#131 cage", "#176 gear mesh", "#230 broadband"]
    for index, axes in enumerate(grid.flat):
        carrier = np.sin(2 * np.pi * time * (0.05 + 0.07 * index) + rng.uniform(0, 6))
        shape = np.exp(-(((time - 20 - 8 * index) / 16) ** 2)) if index else 1.0
        wave = carrier * shape if index < 5 else rng.normal(0, 0.4, time.size)
        axes.plot(time, wave, lw=0.7, color="#17375e")
        axes.set_title(names[index], fontsize=6)
        axes.set_ylim(-1.3, 1.3)
    grid[1][1].set_xlabel("Time (ms)")
    grid[0][0].set_ylabel("Amplitude")


def pareto(figure: Figure) -> None:
    """Plot the F1 score over the energy per window."""
    axes = figure.subplots()
    points = [
        ("Raw streaming", 445.0, 0.958, "#5f6670"),
        ("DCT-32", 61.0, 0.871, "#0b7a75"),
        ("Wavelet-32", 74.5, 0.893, "#0b7a75"),
        ("K-SVD + OMP", 212.0, 0.951, "#17375e"),
        ("LISTA-8", 38.4, 0.947, "#d9730d"),
        ("LISTA-4", 27.9, 0.918, "#d9730d"),
    ]
    for name, energy, score, color in points:
        axes.plot([energy], [score], "o", color=color, ms=4)
        right = name == "Raw streaming"
        axes.annotate(
            f"{name} ({score:.3f})",
            (energy, score),
            (-5 if right else 6, -9 if name in ("DCT-32", "K-SVD + OMP") else 4),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=6,
        )
    axes.set_xscale("log")
    axes.set(xlim=(20, 1100), ylim=(0.85, 0.97))
    axes.set_xticks([20, 50, 100, 200, 500], labels=["20", "50", "100", "200", "500"])
    axes.minorticks_off()
    axes.set_xlabel("Energy per window (µJ)")
    axes.set_ylabel("Macro F1 score")


def budget(figure: Figure) -> None:
    """Plot the energy budget as stacked bars."""
    axes = figure.subplots()
    methods = ["Raw", "K-SVD", "LISTA-8"]
    parts = [
        ("ADC", [6.1, 6.1, 6.1], "#5f6670"),
        ("Compute", [0.9, 180.2, 13.7], "#17375e"),
        ("Radio", [438.0, 25.7, 18.6], "#d9730d"),
    ]
    base = np.zeros(3)
    for name, values, color in parts:
        axes.barh(methods, values, left=base, color=color, label=name, height=0.5)
        base += np.array(values)
    for row, total in enumerate(base):
        axes.text(total + 6, row, f"{total:.1f} µJ", va="center")
    axes.set_xlim(0, 530)
    axes.set_xlabel("Energy per window (µJ)")
    axes.legend(loc="upper right")


def speed(figure: Figure) -> None:
    """Plot the F1 score over the shaft speed."""
    axes = figure.subplots()
    rpm = np.array([600, 700, 900, 1200, 1500, 1800, 2400, 3000])
    short = np.array([0.842, 0.887, 0.931, 0.952, 0.961, 0.965, 0.968, 0.966])
    double = np.array([0.921, 0.938, 0.951, 0.960, 0.966, 0.968, 0.969, 0.967])
    axes.plot(rpm, short, "o-", ms=3, color="#17375e", label="1024 samples")
    axes.plot(rpm, double, "s--", ms=3, color="#d9730d", label="2048 samples")
    axes.annotate("0.842 at 600 rpm", (600, 0.842), (950, 0.848), arrowprops={"arrowstyle": "->"})
    axes.set(xlim=(500, 3100), ylim=(0.82, 0.99))
    axes.set_xlabel("Shaft speed (rpm)")
    axes.set_ylabel("Macro F1 score")
    axes.legend(loc="lower right")
