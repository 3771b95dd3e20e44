"""A network in whole numbers of eight bits says what it says in full."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from spotscope.methods.segmentation.stardist import (
    in_precision,
    load_model,
    precisions,
    run_network,
    shipped,
)
from spotscope.methods.segmentation.stardist._config import NetworkConfig
from spotscope.methods.segmentation.stardist._eight_bits import (
    _as_it_should,
    _sources,
    _told,
    _Whole,
    can_be_whole,
    multiplies_whole,
)
from spotscope.methods.segmentation.stardist._faster import faster
from spotscope.methods.segmentation.stardist._network import StarNetwork, _max_pool
from spotscope.methods.segmentation.stardist._own import read_own, write_own
from spotscope.methods.segmentation.stardist._run import reach_px
from spotscope.methods.segmentation.stardist._tops import watched

whole = pytest.mark.skipif(
    not multiplies_whole(), reason="this processor cuts sums of eight-bit products off"
)

TINY = NetworkConfig(
    n_rays=16, n_channel_in=3, grid=(2, 2), unet_n_depth=2, unet_n_filter_base=8,
    net_conv_after_unet=16,
)  # fmt: skip
SHAPES = {
    "as trained": TINY,
    "no grid": replace(TINY, grid=(1, 1)),
    "grid of 4, one channel": replace(TINY, grid=(4, 4), n_channel_in=1),
    "grid along x alone": replace(TINY, grid=(1, 2)),
    "pools of 4 and 2": replace(TINY, unet_pool=(4, 2)),
    "three a level, kernels of 5": replace(TINY, unet_n_conv_per_depth=3, unet_kernel_size=(5, 5)),
    "normalised": replace(TINY, unet_batch_norm=True),
    "classes": replace(TINY, n_classes=2),
}


def a_network(config) -> StarNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = StarNetwork(config)
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(part.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(part.running_var, 0.5, 2.0)
    return network.eval().requires_grad_(False)


def an_image(config, shape=(96, 64), seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.2, 1.1, (*shape, config.n_channel_in)).astype(np.float32)


def looked_at(network, *images):
    """A copy of the network, after its largest values on images were seen."""
    network, tops = copy.deepcopy(network, {id(network.ready): {}}), {}
    with watched(network, tops):
        for image in images:
            run_network(network, image)
    network.tops = tops
    return network


@whole
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_says_nearly_the_same(shape):
    config = SHAPES[shape]
    network = looked_at(a_network(config), an_image(config))
    full = run_network(network, an_image(config, seed=1), precision="float32")
    told = run_network(network, an_image(config, seed=1), precision="int8")
    assert len(full) == len(told) == (2 if config.n_classes is None else 3)
    for one, other in zip(full, told, strict=True):
        # one step is a 255th of the range; a random network adds those of its layers up
        assert np.abs(one - other).mean() < 0.03 * np.ptp(one)
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.97


@whole
def test_whole_sums_do_not_depend_on_the_tile(learned):
    """Two crops that share their middle answer there to the bit."""
    network = looked_at(load_model(str(learned)).network, an_image(TINY))
    reach = reach_px(network)
    image = an_image(TINY, (3 * reach + 64, 64), seed=2)
    prob = run_network(network, image, precision="int8")[0]
    cut = run_network(network, image[reach:], precision="int8")[0]
    shared = reach // 2
    np.testing.assert_array_equal(prob[2 * shared :], cut[shared:])


@whole
def test_a_convolution_worked_out_by_hand():
    """Image 3, 5 with zero at 1: values 2 and 4; weights 2 and -1; bias 1."""
    part = torch.nn.Conv2d(2, 1, 1)
    with torch.no_grad():
        part.weight.copy_(torch.tensor([[[[2.0]], [[-1.0]]]]))
        part.bias.fill_(1.0)
    image = torch.tensor([3, 5], dtype=torch.uint8).reshape(1, 2, 1, 1)
    with torch.inference_mode():
        answer = _Whole(part, torch.tensor([0.5, 0.25]), None, 1)(image)
    # 2 · (3 - 1) / 2 - 1 · (5 - 1) / 4 + 1
    assert answer.item() == pytest.approx(2.0, abs=0.01)


def test_rounding_is_carried_to_the_next_weight():
    """Ten weights of 0.3 steps sum to 3: rounded each by itself to nothing, carried to 3."""
    weight = torch.full((1, 2, 1, 5), 0.3)
    assert _told(weight, carry=False).sum() == 0
    carried = _told(weight, carry=True)
    assert carried.shape == weight.shape
    assert carried.sum() == 3
    assert set(carried.ravel().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("shape", SHAPES)
def test_sources_have_the_channels_that_layers_read(shape):
    network = a_network(SHAPES[shape])
    out = {name: part.convolution.out_channels for name, part in network.layers.items()}
    found = _sources(network.config)
    assert {*found} == {*network.layers} - {"prob", "dist", "prob_class"}
    for name, before in found.items():
        read = sum(out.get(one, network.config.n_channel_in) for one in before)
        assert read == network.layer(name).convolution.in_channels


@pytest.mark.parametrize("pool", [(2, 2), (1, 2), (4, 2)])
def test_whole_numbers_are_pooled_as_others_are(pool):
    values = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 8, 12)))
    expected = torch.nn.functional.max_pool2d(values.float(), pool)
    assert torch.equal(_max_pool(values.to(torch.uint8), pool).float(), expected)


def test_largest_values_are_those_of_all_images():
    network = a_network(TINY)
    dark, light = an_image(TINY), an_image(TINY, seed=1) + 1
    first, both = (looked_at(network, *images).tops for images in ((dark,), (dark, light)))
    assert both["image"] == pytest.approx([dark.min(), light.max()])
    assert {*both} == {*network.layers, "image"}
    assert (both["conv2d"] >= first["conv2d"]).all()
    assert (both["conv2d"] > first["conv2d"]).any()


def test_what_cannot_be_told_in_whole_numbers_is_not():
    assert can_be_whole(TINY)
    for other in (
        replace(TINY, unet_activation="elu"),
        replace(TINY, unet_last_activation="tanh"),
        replace(TINY, unet_kernel_size=(4, 4)),
        replace(TINY, net_conv_after_unet=0),
    ):
        assert not can_be_whole(other)
        network = looked_at(a_network(other), an_image(other))
        assert "int8" not in precisions(network)


def test_a_network_whose_values_are_not_known_computes_as_before(learned):
    network = a_network(TINY)
    assert "int8" not in precisions(network)
    with in_precision("bfloat16"):
        assert precisions(network) == ("bfloat16",)
    assert precisions(network)[-1] == "float32"


@whole
def test_it_is_what_runs_by_default_where_values_are_known():
    network = looked_at(a_network(TINY), an_image(TINY))
    assert precisions(network)[0] == "int8"
    image = an_image(TINY, seed=3)
    default, told, full = (
        run_network(network, image, precision=one)[0] for one in (None, "int8", "float32")
    )
    np.testing.assert_array_equal(default, told)
    assert (told != full).any()


def test_largest_values_lie_beside_the_weights(tmp_path):
    network = a_network(TINY)
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    path = tmp_path / "known.safetensors"
    tops = {"image": np.array([-0.25, 1.5]), "conv2d": np.arange(8.0)}
    write_own(path, TINY, weights, (1.0, 0.0), {}, tops)
    _, found, read = read_own(path)
    assert {*found} == {*weights}
    assert {name: list(top) for name, top in read.items()} == {
        name: list(top) for name, top in tops.items()
    }
    assert {*load_model(str(path)).network.tops} == {*tops}


def test_h_and_e_ships_with_its_largest_values_fluorescence_without():
    """In whole numbers AJI of fluorescence fell by 0.004 on the images choices are made on."""
    known = {name: bool(load_model(name).network.tops) for name in shipped()}
    assert known == {"he": True, "fluo": False}
    he = load_model("he").network
    assert {*he.tops} == {*he.layers, "image"}
    assert all((top >= 0).all() for name, top in he.tops.items() if name != "image")


@whole
def test_copies_are_made_once_and_hold_no_others():
    network = looked_at(a_network(TINY), an_image(TINY))
    made = {kind: faster(network, kind) for kind in ("int8", "bfloat16", "float32")}
    assert all(faster(network, kind) is copy for kind, copy in made.items())
    assert made["float32"].ready == {}
    assert made["int8"].network.ready == {}


@whole
def test_an_operation_that_errs_is_not_used(monkeypatch):
    assert _as_it_should()
    right = _Whole.forward
    monkeypatch.setattr(_Whole, "forward", lambda part, x: right(part, x) + 1)
    assert not _as_it_should()
