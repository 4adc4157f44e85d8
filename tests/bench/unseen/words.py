"""Word embeddings by hand: their mean, and a recurrent layer that reads them."""

from __future__ import annotations

import numpy as np

from tests.bench.unseen.hand import PROBLEMS, Exercise, Hand, Mistake, sigmoid, softmax


def embeddings(hand: Hand) -> None:
    """word-embeddings: the mean of three words, and a recurrent layer that reads them."""
    e = np.array([[0.9, 0.1], [0.2, 0.8], [-0.7, -0.2], [0.8, 0.2], [0.1, 0.9], [-0.6, -0.8]])
    w = hand(np.array([[1.0, -1], [-1, 1]]), sign_of_w=np.array([[1.0, 1], [1, 1]]))
    shift = hand(1, counted_from_0=0)
    m = "mean-dog-bites-man."
    words = e[np.array([1, 3, 2]) - shift]
    hand.write(m + "e_1", words[0], second_word=words[1])

    def mean(ask: str, words: np.ndarray) -> np.ndarray:
        return np.asarray(
            hand.write(
                ask,
                words.mean(0),
                summed=words.sum(0),
                maximum=words.max(0),
                last_word=words[-1],
                two_words=words[[0, 2]].mean(0),
                halved=words.sum(0) / 2,
            )
        )

    def output(ask: str, features: np.ndarray) -> np.ndarray:
        z = w @ features
        return np.asarray(
            hand.write(
                ask,
                softmax(z),
                no_softmax=z,
                sigmoid_out=sigmoid(z),
                over_max=np.exp(z) / np.exp(z).max(),
                classes_turned=softmax(z)[::-1],
            )
        )

    output(m + "y_hat", mean(m + "p", words))
    a, b = words[0], words[2]
    dot, na, nb = a @ b, np.sqrt(a @ a), np.sqrt(b @ b)
    hand.write(
        m + "similarity",
        dot / (na * nb),
        dot_product=dot,
        squared_norms=dot / (na * nb) ** 2,
        one_norm=dot / na,
        distance=np.sqrt((a - b) @ (a - b)),
        neighbour=words[0] @ words[1] / na / np.sqrt(words[1] @ words[1]),
        angle=1 - dot / (na * nb),
    )
    hand.write(
        m + "nearest", np.array([1, 4, 2]), without_itself=np.array([4, 2, 5]), numbers_from_0=np.array([0, 3, 1])
    )
    m = "mean-man-bites-dog."
    output(m + "y_hat", mean(m + "p", e[np.array([2, 3, 1]) - shift]))
    wx, wh = np.array([[1.0, -1], [0, 1]]), np.array([[0.5, 0], [1, -0.5]])
    if hand.does("weights_exchanged"):
        wx, wh = wh, wx
    if hand.does("wx_transposed"):
        wx = wx.T
    if hand.does("wh_transposed"):
        wh = wh.T
    for m, sentence in (("recurrent-dog-bites-man.", [1, 3, 2]), ("recurrent-man-bites-dog.", [2, 3, 1])):
        sentence = hand(sentence, backwards=sentence[::-1])
        hs = [np.zeros(2)]
        for word in sentence:
            z = wx @ e[word - shift] + wh @ hs[-1]
            z = hand(z, no_recurrence=wx @ e[word - shift])
            hs.append(hand(np.tanh(z), no_tanh=z, sigmoid_state=sigmoid(z), relu_state=np.maximum(z, 0)))
        last = hand.write(m + "h_3", hs[3], mean_state=sum(hs[1:]) / 3, second_state=hs[2])
        y = output(m + "y_hat", last)
        if "man-bites" in m:
            continue
        target = hand(np.array([1.0, 0]), other_class=np.array([0.0, 1]))
        d = hand(
            y - target,
            turned=target - y,
            no_target=y,
            true_class_only=(y - target) * target,
            slope_extra=(y - target) * y * (1 - y),
        )
        dh = w.T @ d
        de = np.zeros_like(e)
        for t in (3, 2, 1):
            slope = hand(
                1 - hs[t] ** 2,
                no_slope=1.0,
                sigmoid_slope=hs[t] * (1 - hs[t]),
                no_tanh=1.0,
                sigmoid_state=hs[t] * (1 - hs[t]),
                slope_of_last=1 - hs[3] ** 2,
            )
            dz = dh * slope
            if not (hand.does("last_word_only") and t < 3):
                de[sentence[t - 1] - shift] += hand(wx.T, wx_back_not_transposed=wx, back_through_wh=wh.T) @ dz
            dh = hand(wh.T, wh_back_not_transposed=wh, slopes_only=np.eye(2)) @ dz
        if hand.does("words_reversed"):
            de[[0, 1]] = de[[1, 0]]
        hand.write(m + "dL/dE", de, minus=-de)
        hand.copy(m + "dL/dE", de, minus=-de, transposed=de.T)


EMBEDDINGS = Exercise(
    PROBLEMS / "word-embeddings.yaml",
    embeddings,
    {
        "sign_of_w": Mistake("loses the signs of W", "?given-negated"),
        "counted_from_0": Mistake("counts words from 0", "wrong-word"),
        "second_word": Mistake("gives the second word for the first", "wrong-word wrong-time-step"),
        "summed": Mistake("the sum for the mean", "sum-for-mean wrong-pooling"),
        "maximum": Mistake("the maximum for the mean", "wrong-pooling"),
        "last_word": Mistake("the last word for the mean", "wrong-pooling"),
        "two_words": Mistake("leaves the verb out of the mean", "?wrong-pooling"),
        "halved": Mistake("divides the sum of three words by 2", ""),
        "no_softmax": Mistake("gives z for y_hat", "softmax-left-out z-for-a"),
        "sigmoid_out": Mistake("sigmoids instead of a softmax", "wrong-activation"),
        "over_max": Mistake("divides by the largest exponential", "?softmax-not-normalized"),
        "classes_turned": Mistake("exchanges the two outputs", "elements-permuted"),
        "dot_product": Mistake("the dot product for the cosine", "norms-missing"),
        "squared_norms": Mistake("divides by the squared norms", "squared-norm-for-norm"),
        "one_norm": Mistake("divides by one norm only", "?norms-missing"),
        "distance": Mistake("the Euclidean distance for the cosine", ""),
        "neighbour": Mistake("the cosine of dog and bites", "wrong-word wrong-time-step"),
        "angle": Mistake("1 - cosine", ""),
        "without_itself": Mistake("leaves dog itself out of its neighbours", "?wrong-word neighbouring-element"),
        "numbers_from_0": Mistake("counts the neighbours from 0", "wrong-word neighbouring-element"),
        "weights_exchanged": Mistake("exchanges W_xh and W_hh", "?wrong-weights"),
        "wx_transposed": Mistake("W_xh^T for W_xh, all through", "weights-transposed"),
        "wh_transposed": Mistake("W_hh^T for W_hh, all through", "weights-transposed"),
        "backwards": Mistake("reads the sentence backwards", "sequence-reversed"),
        "no_recurrence": Mistake("forgets W_hh h_{t-1} forward", "previous-state-missing"),
        "no_tanh": Mistake("forgets tanh, forward and backward", "activation-left-out z-for-a"),
        "sigmoid_state": Mistake("a sigmoid for tanh, with its derivative", "wrong-activation"),
        "relu_state": Mistake("a ReLU for tanh, derivative of tanh", "wrong-activation"),
        "mean_state": Mistake("the mean of the states for the last one", "?wrong-pooling"),
        "second_state": Mistake("h_2 for h_3", "wrong-time-step"),
        "other_class": Mistake("takes class 2 for the true one", "wrong-class"),
        "turned": Mistake("y - y_hat", "target-minus-prediction sign-flipped"),
        "no_target": Mistake("forgets to subtract the target", ""),
        "true_class_only": Mistake("a gradient for the true class only", "derivative-of-another-activation"),
        "slope_extra": Mistake("(y_hat - y) y_hat (1 - y_hat)", "activation-derivative-extra"),
        "no_slope": Mistake("forgets the derivative of tanh", "activation-derivative-missing"),
        "sigmoid_slope": Mistake("h (1 - h) for tanh", "derivative-of-another-activation"),
        "slope_of_last": Mistake("takes the derivative of tanh at h_3 in every step", "?wrong-time-step"),
        "last_word_only": Mistake(
            "a gradient for the last word only", "time-steps-not-summed recurrent-gradient-dropped"
        ),
        "wx_back_not_transposed": Mistake("W_xh for W_xh^T on the way back", "weights-transposed"),
        "wh_back_not_transposed": Mistake("W_hh for W_hh^T on the way back", "weights-transposed"),
        "back_through_wh": Mistake("W_hh^T for W_xh^T into the words", "wrong-weights"),
        "slopes_only": Mistake("forgets W_hh^T on the way back through time", "factor-left-out"),
        "words_reversed": Mistake("exchanges the gradients of dog and man", "elements-permuted"),
        "minus": Mistake("loses the sign of dL/dE", "target-minus-prediction sign-flipped"),
        "transposed": Mistake("gives dL/dE as its transpose", "transposed"),
        "rounded": Mistake("rounds every line to two decimals", "rounded-early"),
    },
    (
        ("summed", "dot_product"),
        ("turned", "no_slope"),
        ("wh_back_not_transposed", "wx_back_not_transposed"),
        ("turned", "last_word_only"),
        ("no_tanh", "turned"),
        ("counted_from_0", "dot_product"),
    ),
)

EXERCISES = (EMBEDDINGS,)
