"""Known answers: Gaussians, whose distances have closed forms, and points placed by hand."""

import numpy as np
import pytest

from catdcgan.metrics import distances
from catdcgan.metrics.distances import compare_neighbourhoods, frechet_distance, kernel_distance


def normals(count, width, seed=0):
    return np.random.default_rng(seed).normal(size=(count, width))


def with_exact_moments(count, mean, covariance):
    """Return points whose own mean and covariance are these, not only those of their law."""
    points = normals(count, len(mean))
    points -= points.mean(axis=0)
    points @= np.linalg.inv(np.linalg.cholesky(np.cov(points.T))).T
    return points @ np.linalg.cholesky(covariance).T + mean


def test_frechet_of_equal_sets_is_zero():
    points = normals(50, 8)
    assert frechet_distance(points, points[::-1]) == pytest.approx(0, abs=1e-9)


def test_frechet_of_shifted_gaussians_is_the_square_of_the_shift():
    points = normals(50, 3)
    assert frechet_distance(points, points + np.array([3, 0, 4])) == pytest.approx(25)


def test_frechet_of_independent_numbers_adds_up_squared_differences_of_deviations():
    ours = with_exact_moments(40, [0, 0], np.diag([4.0, 1.0]))
    theirs = with_exact_moments(60, [1, 0], np.diag([1.0, 9.0]))
    assert frechet_distance(ours, theirs) == pytest.approx(1 + (2 - 1) ** 2 + (1 - 3) ** 2)


def test_frechet_of_correlated_gaussians_is_that_of_the_closed_form():
    # The trace of the root of a 2 x 2 matrix M is sqrt(trace M + 2 sqrt(det M)).
    first, second = np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([[3.0, -1.0], [-1.0, 1.0]])
    product = first @ second
    root = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
    sets = (with_exact_moments(30, [0, 0], covariance) for covariance in (first, second))
    assert frechet_distance(*sets) == pytest.approx(4 + 4 - 2 * root)


def test_frechet_is_real_and_finite_where_there_are_fewer_pictures_than_features():
    ours, theirs = normals(10, 64), normals(10, 64, 1)
    assert 0 < frechet_distance(ours, theirs) < 1000
    assert frechet_distance(ours, ours) == pytest.approx(0, abs=1e-9)


def test_both_ways_to_the_trace_agree():
    ours, theirs = normals(30, 20), normals(25, 20, 1) @ np.diag(np.arange(20))
    wide = [np.pad(features, ((0, 0), (0, 10))) for features in (ours, theirs)]
    assert frechet_distance(*wide) == pytest.approx(frechet_distance(ours, theirs), rel=1e-6)


def test_the_kernel_distance_of_one_law_is_zero_on_average():
    found = [kernel_distance(normals(100, 8, k), normals(100, 8, 1000 + k)) for k in range(40)]
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 3 * error
    assert min(found) < 0


def test_the_kernel_distance_of_single_numbers_is_as_worked_out_by_hand():
    # (xy + 1)^3: among 0 and 1, 1; among 2 and 2, 125; between them 1, 1, 27 and 27.
    found = kernel_distance(np.array([[0.0], [1.0]]), np.array([[2.0], [2.0]]))
    assert found == pytest.approx(1 + 125 - 2 * (1 + 1 + 27 + 27) / 4)


def test_the_kernel_distance_of_many_is_a_mean_over_subsets(monkeypatch):
    ours, theirs = normals(400, 4), normals(400, 4, 1) + 1
    whole = kernel_distance(ours, theirs)
    monkeypatch.setattr(distances, "SUBSET", 200)
    assert kernel_distance(ours, theirs) == kernel_distance(ours, theirs)
    assert kernel_distance(ours, theirs) == pytest.approx(whole, rel=0.1)


def test_neighbourhoods_of_one_law_are_nearly_full():
    found = compare_neighbourhoods(normals(500, 4), normals(500, 4, 1))
    assert min(found.precision, found.recall, found.coverage) > 0.9
    assert found.density == pytest.approx(1, abs=0.1)


def test_sets_far_apart_share_nothing():
    assert compare_neighbourhoods(normals(50, 4), normals(50, 4, 1) + 100) == (0, 0, 0, 0)


def test_a_generator_that_lacks_half_the_modes_is_precise_and_recalls_half():
    reals = np.concatenate([normals(100, 2), normals(100, 2, 1) + 50])
    found = compare_neighbourhoods(reals, normals(200, 2, 2))
    assert found.precision > 0.9
    assert 0.4 < found.recall <= 0.5
    assert 0.4 < found.coverage <= 0.5


def test_a_generator_half_of_whose_pictures_are_wrong_is_half_precise():
    fakes = np.concatenate([normals(100, 2, 1), normals(100, 2, 2) + 50])
    found = compare_neighbourhoods(normals(200, 2), fakes)
    assert 0.4 < found.precision <= 0.5
    assert found.recall > 0.9


def test_an_outlier_among_the_reals_does_not_make_everything_dense():
    # Its ball is large: precision falls for it, density (Naeem et al. 2020) nearly not.
    reals = np.concatenate([normals(100, 2), [[100.0, 100.0]]])
    found = compare_neighbourhoods(reals, normals(100, 2, 1) + 40)
    assert found.precision == 1
    assert found.density < 0.3


def test_neighbourhoods_on_a_line_are_as_counted_by_hand():
    # With one neighbour: balls of 1 around 0, 1, of 2 around 3; fakes' balls all of 6.
    found = compare_neighbourhoods(np.array([[0.0], [1], [3]]), np.array([[4.0], [10]]), 1)
    assert found == (1 / 2, 1, 1 / 2, 1 / 3)


def test_blocks_leave_no_trace(monkeypatch):
    whole = compare_neighbourhoods(normals(50, 4), normals(60, 4, 1))
    monkeypatch.setattr(distances, "BLOCK", 7)
    assert compare_neighbourhoods(normals(50, 4), normals(60, 4, 1)) == whole


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="more than 5"):
        compare_neighbourhoods(normals(5, 2), normals(9, 2))
