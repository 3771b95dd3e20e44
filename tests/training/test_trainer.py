"""The trainer on a straight line: y = 3 x - 1, one weight and one bias."""

import json

import numpy as np
import pytest
import torch

from spotscope.model import MethodError, ReadError, run
from spotscope.training import TrainParams, learning_rate, load_checkpoint, train

PARAMS = TrainParams(
    steps=300, learning_rate=0.1, warm_up=10, weight_decay=0.0, average=0.9, checkpoint_every=50,
    bfloat16=False,
)  # fmt: skip


def line():
    network = torch.nn.Linear(1, 1)
    torch.nn.init.zeros_(network.weight)
    torch.nn.init.zeros_(network.bias)
    return network


def draw(rng):
    x = torch.from_numpy(rng.uniform(-1, 1, (16, 1)).astype(np.float32))
    return x, 3 * x - 1


def squared(network, batch):
    x, y = batch
    return ((network(x) - y) ** 2).mean()


def test_a_line_is_learned():
    network = line()
    run(train(network, draw, squared, PARAMS))
    assert network.weight.item() == pytest.approx(3, abs=0.02)
    assert network.bias.item() == pytest.approx(-1, abs=0.02)


def test_the_network_is_left_with_the_averaged_weights():
    network = line()
    trained = run(train(network, draw, squared, PARAMS))
    assert torch.equal(network.state_dict()["weight"], trained.weights["weight"])
    assert not network.training


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    found = []
    for seed in (1, 1, 2):
        network = line()
        run(train(network, draw, squared, PARAMS.model_copy(update={"steps": 20}), seed=seed))
        found.append(network.weight.item())
    assert found[0] == found[1] != found[2]


def test_closing_the_task_keeps_every_step_that_was_done(tmp_path):
    task = train(line(), draw, squared, PARAMS, folder=tmp_path)
    while next(task).done < 17:
        pass
    task.close()
    assert load_checkpoint(tmp_path)[0]["step"] == 17
    whole, rest = line(), line()
    run(train(whole, draw, squared, PARAMS))
    trained = run(train(rest, draw, squared, PARAMS, folder=tmp_path))
    assert trained.first_step == 17
    assert torch.equal(rest.weight, whole.weight)


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(tmp_path):
    whole = line()
    run(train(whole, draw, squared, PARAMS))
    task = train(line(), draw, squared, PARAMS, folder=tmp_path)
    while next(task).done < 120:
        pass
    with pytest.raises(MemoryError):  # a crash: what was done since the last state is lost
        task.throw(MemoryError)
    rest = line()
    trained = run(train(rest, draw, squared, PARAMS, folder=tmp_path))
    assert trained.first_step == 100
    assert torch.equal(rest.weight, whole.weight)
    assert torch.equal(rest.bias, whole.bias)


def test_one_state_is_kept_and_it_is_whole(tmp_path):
    run(train(line(), draw, squared, PARAMS, folder=tmp_path))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["state-00000300.safetensors", "state.json"]
    facts, tensors = load_checkpoint(tmp_path)
    assert facts["step"] == 300
    assert float(tensors["average.weight"]) == pytest.approx(3, abs=0.02)


def test_every_step_is_reported_with_its_loss():
    seen = []
    run(train(line(), draw, squared, PARAMS.model_copy(update={"steps": 5})), seen.append)
    assert [progress.done for progress in seen] == [0, 1, 2, 3, 4, 5]
    assert {progress.total for progress in seen} == {5}
    assert seen[0].preview is None
    assert seen[-1].preview > 0


def test_a_loss_that_is_no_number_is_one_sentence():
    def broken(network, batch):
        return squared(network, batch) * float("nan")

    with pytest.raises(MethodError, match="smaller learning rate"):
        run(train(line(), draw, broken, PARAMS))


def test_a_damaged_state_is_one_sentence(tmp_path):
    (tmp_path / "state.json").write_text(json.dumps({"step": 3, "tensors": "gone.safetensors"}))
    with pytest.raises(ReadError, match="remove the folder"):
        run(train(line(), draw, squared, PARAMS, folder=tmp_path))


def test_the_learning_rate_rises_in_a_line_and_falls_in_half_a_cosine():
    params = TrainParams(steps=1000, learning_rate=1.0, warm_up=100)
    assert learning_rate(49, params) == pytest.approx(0.5, abs=0.01)
    assert learning_rate(500, params) == pytest.approx(0.505)  # half-way between 1 and 0.01
    assert learning_rate(999, params) == pytest.approx(0.01, abs=1e-3)


def test_the_average_forgets_what_came_first():
    network = line()
    trained = run(train(network, draw, squared, PARAMS.model_copy(update={"average": 0.0})))
    plain = float(trained.weights["weight"])
    assert plain == pytest.approx(3, abs=0.02)
    slow = PARAMS.model_copy(update={"average": 0.999, "steps": 40})
    assert float(run(train(line(), draw, squared, slow)).weights["weight"]) < plain


def test_validation_looks_at_the_average_and_moves_nothing(tmp_path):
    """The loss on x = 1: (w + b - 2)², first of zeros, so 4."""
    seen = []

    def validate(network):
        assert not network.training
        seen.append((network.weight.item(), network.bias.item()))
        return float((network(torch.ones(1, 1)) - 2) ** 2)

    plain, looked = line(), line()
    run(train(plain, draw, squared, PARAMS))
    trained = run(train(looked, draw, squared, PARAMS, folder=tmp_path, validate=validate))
    assert torch.equal(plain.weight, looked.weight)
    assert [step for step, _ in trained.validation] == [0, 50, 100, 150, 200, 250, 300]
    assert trained.validation[0][1] == 4.0
    assert trained.validation[-1][1] < 0.01
    assert seen[-1] == (looked.weight.item(), looked.bias.item())
    # another call has nothing left to do, and still knows
    again = run(train(line(), draw, squared, PARAMS, folder=tmp_path, validate=validate))
    assert again.validation == trained.validation
    assert len(seen) == 7
