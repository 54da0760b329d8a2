"""Whether a microphone hears what another microphone in the same room hears better.

A voice reaches the other microphone through the air: weaker, later, with echoes of the walls and another
noise behind it. Two people who say the same words never make the same waveform, so waveforms are compared,
not words. Where the same voice is in both, their generalised cross-correlation has one sharp peak (Knapp and
Carter 1976, "The Generalized Correlation Method for Estimation of Time Delay"). What of one microphone
follows from the other is then told by the best filter between them, in each frequency band by itself, over
the last frames (as Avargel and Cohen 2007, "System Identification in the Short-Time Fourier Transform Domain
With Crossband Filtering", without the crossbands): what it leaves over was said by somebody else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.core.speech.audio import SAMPLE_RATE, Span, Waveform, samples_of

HOP_SAMPLES = 256
"""Shares are told for each 16 ms."""

_WINDOW_SAMPLES = 512
_LOWEST_HZ, _HIGHEST_HZ = 150, 4_000
_LOWEST_BIN, _HIGHEST_BIN = (hertz * _WINDOW_SAMPLES // SAMPLE_RATE for hertz in (_LOWEST_HZ, _HIGHEST_HZ))
_ROUND_SAMPLES = 800
"""Transforms of so many samples, or many times that, are quick."""
_EARLY_FRAMES = 1
"""The strongest way of a voice need not be its first, so the filter may look ahead so far."""
_BLOCK_FRAMES = 8
"""Every second block of 128 ms is predicted by a filter that was learnt from the others."""

Complex = NDArray[np.complex64]
Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CrosstalkRules:
    """When one voice counts as heard by two microphones.

    Attributes:
        most_lag_seconds: Two microphones have the same moment at most so far apart: the way through the air
            and, much longer, through two networks.
        search_seconds: So much audio, the newest, is looked for in the other microphone.
        first_search_seconds: So much, where nothing is known of the two yet.
        prominence: The peak of the correlation, as a multiple of the root mean square around it, from which
            on two waveforms are of one voice.
        near_seconds: Where it is known how far apart two microphones are, they may drift so far.
        near_prominence: The prominence from which on they are of one voice there.
        frames_per_tap: The filter has one value in each band for so many frames of audio.
        most_taps: It has no more, which is how long a room echoes.
        ridge: How much the filter shrinks, as a share of the power that it is learnt from.
        smoothing_frames: Shares are averages over so many frames: 0.3 s, about a short word.
        level_frames: Levels are also compared over so many frames: 0.65 s.
        quiet_share: Frames weaker than this share of the mean power say nothing.
        noise_share: The steady noise counts for no more than this share of the mean power.
        copied_share: From this share on, all that the one microphone hears is the voice that is in both.
        kept_share: This share is enough around such a stretch.
        mostly: Where the other microphone has so much of a window louder, the rest of it is the same voice,
        level_db: if the other one is as much louder there as it usually is, or less by only this.
        tie_db: Levels that differ by less count as equal.
    """

    most_lag_seconds: float = 2.0
    search_seconds: float = 1.0
    first_search_seconds: float = 2.0
    prominence: float = 9.0
    near_seconds: float = 0.1
    near_prominence: float = 5.5
    frames_per_tap: int = 10
    most_taps: int = 6
    ridge: float = 0.01
    smoothing_frames: int = 19
    level_frames: int = 41
    quiet_share: float = 0.05
    noise_share: float = 0.25
    copied_share: float = 0.5
    kept_share: float = 0.4
    mostly: float = 0.4
    level_db: float = 2.0
    tie_db: float = 1.0


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the voice of one stretch of audio is in another.

    Attributes:
        lag_samples: How far the second is behind the first; negative where it is ahead.
        prominence: The peak of the correlation, as a multiple of the root mean square around it.
    """

    lag_samples: int
    prominence: float


def alignment(heard: Waveform, other: Waveform) -> Alignment:
    """Return where the waveform of one microphone is most likely found in that of another.

    Args:
        heard: Audio of the one.
        other: Audio of the other; it is as much longer on both sides as the lag may be.
    """
    length = -(-len(other) // _ROUND_SAMPLES) * _ROUND_SAMPLES
    lowest = _LOWEST_HZ * length // SAMPLE_RATE
    highest = _HIGHEST_HZ * length // SAMPLE_RATE
    cross = _whitened(heard, length, lowest, highest).conj() * _whitened(other, length, lowest, highest)
    # Only the bins up to a quarter of the sample rate are kept, so the result has half of it.
    spectrum = np.zeros(length // 4 + 1, dtype=np.complex64)
    spectrum[lowest : lowest + len(cross)] = cross
    correlation = np.abs(np.fft.irfft(spectrum))[: (len(other) - len(heard)) // 2 + 1]
    peak = int(np.argmax(correlation))
    deviation = float(np.sqrt(np.mean(np.square(correlation))))
    middle_samples = (len(other) - len(heard)) // 2
    return Alignment(2 * peak - middle_samples, float(correlation[peak]) / max(deviation, 1e-12))


def _whitened(waveform: Waveform, length: int, lowest: int, highest: int) -> Complex:
    spectrum = np.fft.rfft(waveform, length)[lowest : min(highest, length // 4)]
    return np.asarray(spectrum / np.maximum(np.abs(spectrum), 1e-12), dtype=np.complex64)


@dataclass(frozen=True, slots=True)
class Explained:
    """What of one microphone follows from another, for each hop of 256 samples.

    Attributes:
        shares: The share of the power, 0..1; NaN where it is too quiet to tell.
        louder_db: How much louder the other one is at least, in dB, just there and around it.
    """

    shares: Shares
    louder_db: Shares


def explained(heard: Waveform, other: Waveform, rules: CrosstalkRules | None = None) -> Explained:
    """Return what of one microphone follows from another.

    Args:
        heard: Audio of the one.
        other: Audio of the other, aligned, and longer by `margins` on both sides.
        rules: How it is reckoned.
    """
    rules = rules or CrosstalkRules()
    first = margins(rules)[0] // HOP_SAMPLES
    spectra, around = _spectra(heard), _spectra(other)
    theirs = around[first : first + len(spectra)]
    # Who sits before the one microphone and who before the other come to each on different ways.
    louder_db = _levels_db(theirs, spectra, rules.smoothing_frames)
    left_over = spectra.copy()
    for hops in (np.flatnonzero(louder_db > 0), np.flatnonzero(louder_db <= 0)):
        taps = min(rules.most_taps, len(hops) // rules.frames_per_tap)
        if taps:
            early = _EARLY_FRAMES if taps > 1 else 0
            inputs = np.stack(
                [around[first - shift + hops] for shift in range(-early, taps - early)], axis=-1
            )
            left_over[hops] = _left_over(spectra[hops], inputs, hops, rules)
    power, rest = _power(spectra), _power(left_over)
    noise = min(
        float(np.mean(np.sort(power)[: max(1, len(power) // 5)])), rules.noise_share * float(np.mean(power))
    )
    voice = _smooth(power, rules.smoothing_frames) - noise
    shares = 1.0 - np.maximum(_smooth(rest, rules.smoothing_frames) - noise, 0.0) / np.maximum(voice, 1e-12)
    shares[voice < rules.quiet_share * float(np.mean(power))] = np.nan
    # The echo of a word is louder where the word was softer: the other one has to be louder for longer.
    longer_db = _levels_db(theirs, spectra, rules.level_frames)
    return Explained(np.clip(shares, 0.0, 1.0), np.minimum(louder_db, longer_db))


def _power(spectra: Complex) -> Shares:
    return np.asarray(np.sum(np.abs(spectra) ** 2, axis=1), dtype=np.float64)


def _smooth(values: Shares, frames: int) -> Shares:
    """Return averages over so many hops; what lies outside counts as nothing."""
    frames = min(frames, len(values))
    return np.convolve(values, np.ones(frames) / frames, mode="same")


def _levels_db(louder: Complex, than: Complex, frames: int) -> Shares:
    """Return by how much one is louder than the other, over so many hops."""
    ratio = (_smooth(_power(louder), frames) + 1e-9) / (_smooth(_power(than), frames) + 1e-9)
    return np.asarray(10.0 * np.log10(ratio))


def margins(rules: CrosstalkRules | None = None) -> tuple[int, int]:
    """Return how many samples of the other microphone are needed before and behind what the one heard."""
    rules = rules or CrosstalkRules()
    return rules.most_taps * HOP_SAMPLES, _EARLY_FRAMES * HOP_SAMPLES


def _spectra(waveform: Waveform) -> Complex:
    """Return the bands of the voice in each window, shape `(hops, bins)`."""
    windows = np.lib.stride_tricks.sliding_window_view(waveform, _WINDOW_SAMPLES)[::HOP_SAMPLES]
    spectra = np.fft.rfft(windows * np.hanning(_WINDOW_SAMPLES).astype(np.float32), axis=1)
    return np.asarray(spectra[:, _LOWEST_BIN:_HIGHEST_BIN], dtype=np.complex64)


def _left_over(spectra: Complex, inputs: Complex, hops: NDArray[np.int64], rules: CrosstalkRules) -> Complex:
    """Return what no filter of the inputs makes of the spectra; each half is told by the other half's.

    A filter that is tried on what it was learnt from finds something of everything in it.

    Args:
        spectra: Shape `(hops, bins)`.
        inputs: Those of the other microphone, shape `(hops, bins, taps)`.
        hops: The numbers of these hops in the window.
        rules: How it is reckoned.
    """
    wanted, given = spectra.T[..., None], inputs.swapaxes(0, 1)
    left_over = np.empty_like(wanted)
    even = (hops // _BLOCK_FRAMES) % 2 == 0
    for half in (even, ~even):
        learnt = given[:, ~half]
        turned = learnt.conj().swapaxes(1, 2)
        squares = turned @ learnt
        size = squares.shape[-1]
        power = np.trace(squares, axis1=1, axis2=2).real / size
        squares += (rules.ridge * power + 1e-9)[:, None, None] * np.eye(size, dtype=np.float32)
        left_over[:, half] = wanted[:, half] - given[:, half] @ np.linalg.solve(
            squares, turned @ wanted[:, ~half]
        )
    return np.asarray(left_over[..., 0].T)


def match(
    heard: Waveform, theirs: Waveform, near: int | None, rules: CrosstalkRules, *, search: bool
) -> tuple[int, Explained] | None:
    """Return how far another microphone is behind, and what follows from it; None for another voice.

    Args:
        heard: A window of the one microphone.
        theirs: The other one's audio around the same room time, wider by the longest lag and the margins.
        near: How far it was behind before; None where that is not known.
        rules: When it is the same voice.
        search: Whether it may be behind by something else.
    """
    before, behind = margins(rules)
    reach, around = samples_of(rules.most_lag_seconds), samples_of(rules.near_seconds)
    seconds = rules.search_seconds if near is not None else rules.first_search_seconds
    newest = heard[-samples_of(seconds) :]
    skipped = len(heard) - len(newest)

    def cut(start: int, length: int) -> Waveform:
        """Return samples, counted from the window's first one at no lag."""
        return theirs[before + reach + start : before + reach + start + length]

    lags: list[int] = []
    sure = False
    if near is not None and abs(near) + around <= reach:
        found = alignment(newest, cut(skipped + near - around, len(newest) + 2 * around))
        sure = found.prominence >= rules.near_prominence
        lags = [near, near + found.lag_samples] if sure else [near]
    if search and not sure:
        found = alignment(newest, cut(skipped - reach, len(newest) + 2 * reach))
        if found.prominence >= rules.prominence:
            lags.append(found.lag_samples)
    # Where nobody speaks right now, something alike is found anywhere: what explains most is true.
    tried = [
        (lag, explained(heard, cut(lag - before, len(heard) + before + behind), rules))
        for lag in dict.fromkeys(lags)
        if abs(lag) <= reach
    ]
    return max(tried, key=lambda each: float(np.nansum(each[1].shares)), default=None)


@dataclass(frozen=True, slots=True)
class CommonVoice:
    """A stretch in which two microphones hear one voice and nothing else.

    Attributes:
        span: The stretch in samples of the one.
        louder_there: Whether the other one hears it better.
    """

    span: Span
    louder_there: bool


def common_voices(
    found: Explained, start_samples: int, *, tie: bool, rules: CrosstalkRules | None = None
) -> list[CommonVoice]:
    """Return where the microphones hear one voice, in order.

    Args:
        found: What of the one follows from the other.
        start_samples: Where that begins.
        tie: Whether the other one counts as the better where both hear it as loud.
        rules: From which share on it is one voice.
    """
    rules = rules or CrosstalkRules()
    shares = _filled(found.shares)
    sure = (shares >= rules.copied_share) & ~np.isnan(found.shares)
    kept = shares >= rules.kept_share
    there = sure & (found.louder_db > rules.tie_db)
    if there.sum() >= rules.mostly * np.sum(~np.isnan(found.shares)) > 0:
        # Whoever spoke here as well would make this microphone louder: noise and echoes do not.
        kept |= found.louder_db >= np.median(found.louder_db[there]) - rules.level_db
    common = _runs_with(kept, sure)
    louder = np.where(np.abs(found.louder_db) < rules.tie_db, tie, found.louder_db > 0)
    first = start_samples + (_WINDOW_SAMPLES - HOP_SAMPLES) // 2
    return sorted(
        (
            CommonVoice(span, louder_there)
            for louder_there in (True, False)
            for span in spans_where(common & (louder == louder_there), first)
        ),
        key=lambda each: each.span,
    )


def _runs_with(runs: NDArray[np.bool_], marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the runs that have a mark in them."""
    numbers = np.cumsum(np.diff(runs, prepend=False).astype(np.int64))
    return np.asarray(runs & np.isin(numbers, numbers[runs & marks]))


def _filled(shares: Shares) -> Shares:
    """Return the shares; where it was too quiet to tell, the last one before that holds."""
    told = np.where(np.isnan(shares), -1, np.arange(len(shares)))
    newest = np.maximum.accumulate(told) if len(told) else told
    return np.where(newest >= 0, np.nan_to_num(shares)[newest], 0.0)


def spans_where(hops: NDArray[np.bool_], first_samples: int) -> list[Span]:
    """Return the stretches of hops that are true; the first hop begins at `first_samples`."""
    edges = np.flatnonzero(np.diff(hops, prepend=False, append=False))
    return [
        Span(first_samples + int(start) * HOP_SAMPLES, first_samples + int(end) * HOP_SAMPLES)
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]
