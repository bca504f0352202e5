"""TextEncoder: free text becomes a few components of what it is written with."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.extmath import randomized_svd
from sklearn.utils.validation import check_is_fitted

from sknn_scratch._core.rows import evenly
from sknn_scratch._estimators.pickles import VersionedPickles
from sknn_scratch._fitting.inputs import ArrayLike
from sknn_scratch._fitting.threads import one_blas_thread
from sknn_scratch._tables.columns import missing_as_none

# The part of a feature that is a component of text begins so.
COMPONENT = "_text"
# So many texts are enough to find the components. They also bound the memory of a fit.
MOST_TEXTS = 10_000
# If all texts are alike, rounding errors make deviations of their components, whose sizes are below 1.
ROUNDING = 1e-5
# So many texts are encoded at once.
TEXTS_AT_ONCE = 1000
# Short runs of characters, within words, stay the same in other endings, spellings and compounds. The most
# frequent are kept.
CHARACTERS = {"analyzer": "char_wb", "ngram_range": (3, 4), "max_features": 20_000}


class TextEncoder(VersionedPickles, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Encode text, such as notes, titles and reviews, as components of its runs of characters.

    Each text becomes the weights of its runs (TF-IDF), of which a singular value decomposition keeps the
    components that differ most between texts (latent semantic analysis [1]_). Texts with similar words have
    similar components. The weights stay sparse; at most 10,000 texts decide the components.

    Parameters
    ----------
    n_components : int, default=30
        Number of components, at most. There are fewer of fewer texts.
    vectorizer : transformer, default=None
        Makes sparse weights of texts. None is a :class:`~sklearn.feature_extraction.text.TfidfVectorizer` of
        three or four characters within words, of which the 20,000 most frequent count.

    Attributes
    ----------
    vectorizer_ : transformer
        The fitted vectorizer.
    components_ : ndarray of shape (n_components, n_weights)
        The weight of each run of characters in each component.
    mean_, scale_ : ndarray of shape (n_components,), float
        The mean of each component over the texts of the fit, which is subtracted, and the standard deviation
        of all, by which they are divided. So the first components stay the largest.

    See Also
    --------
    tabular_pipeline : Has it for columns of free text.

    References
    ----------
    .. [1] Deerwester, S. et al. (1990). Indexing by latent semantic analysis. Journal of the American Society
       for Information Science 41(6), 391-407.

    Examples
    --------
    >>> from sknn_scratch import TextEncoder
    >>> notes = ["wants to cancel", "happy with it", "asked to cancel", None]
    >>> encoder = TextEncoder(n_components=1).fit(notes)
    >>> encoder.transform(["will cancel", "happy"]).round(1).ravel()
    array([ 0.2, -1.4], dtype=float32)
    """

    def __init__(self, n_components: int = 30, vectorizer: Any = None) -> None:
        self.n_components = n_components
        self.vectorizer = vectorizer

    def fit(self, X: ArrayLike, y: ArrayLike = None) -> Self:
        """Find the components.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            Strings and, where there is no text, None or NaN.
        y : None
            Not used.

        Returns
        -------
        self : object
            The fitted encoder.
        """
        texts = sorted(text for text in texts_in(X) if text is not None)  # whatever the order of the rows is
        texts = [texts[one] for one in evenly(len(texts), MOST_TEXTS)]
        plain = TfidfVectorizer(dtype=np.float32, **CHARACTERS)
        self.vectorizer_ = plain if self.vectorizer is None else clone(self.vectorizer)
        weights = self.vectorizer_.fit_transform(texts)
        n_components = min(self.n_components, *weights.shape)
        with one_blas_thread():  # so that the components do not depend on the number of threads
            self.components_ = randomized_svd(weights, n_components, n_iter=5, random_state=0)[2]
            found = weights @ self.components_.T
        self.mean_ = found.mean(axis=0)
        deviation = np.sqrt(found.var(axis=0).mean())
        self.scale_ = deviation if deviation > ROUNDING else found.dtype.type(1)
        return self

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Encode texts.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            As in ``fit``.

        Returns
        -------
        encoded : ndarray of shape (n_samples, n_components)
            Where there is no text, 0, as of the mean.
        """
        check_is_fitted(self)
        texts = texts_in(X)
        encoded = np.zeros((len(texts), len(self.mean_)), dtype=self.mean_.dtype)
        rows = np.flatnonzero(texts != None)  # noqa: E711 - of each element
        for start in range(0, len(rows), TEXTS_AT_ONCE):
            part = rows[start : start + TEXTS_AT_ONCE]
            weights = self.vectorizer_.transform(texts[part])
            encoded[part] = (weights @ self.components_.T - self.mean_) / self.scale_
        return encoded

    def get_feature_names_out(self, input_features: ArrayLike = None) -> NDArray[Any]:
        """Name the components.

        Parameters
        ----------
        input_features : array-like of one str, default=None
            The name of the column of text. None is "text".

        Returns
        -------
        names : ndarray of str
        """
        check_is_fitted(self)
        (name,) = ["text"] if input_features is None else input_features
        return np.array([f"{name}{number}" for number in range(1, len(self.mean_) + 1)], dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags


def texts_in(X):
    """Make an array (n_samples,) of strings and None, or raise ValueError."""
    texts = np.asarray(X, dtype=object)
    if texts.ndim != 1:
        raise ValueError(
            f"X has {texts.ndim} dimensions, but TextEncoder takes one column of text (n_samples,). "
            "Pass a column, such as X['notes'], and not a table."
        )
    texts = missing_as_none(texts)
    others = [one for one in texts if not (one is None or isinstance(one, str))]
    if others:
        raise ValueError(f"X must have strings, and None where there is no text, got {others[0]!r}.")
    return texts
