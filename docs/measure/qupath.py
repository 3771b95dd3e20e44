"""Print what QuPath's own Python package reads in GeoJSON that spotscope wrote.

    PYTHON_WITH_QUBALAB docs/measure/qupath.py FILE.geojson …

QuPath itself is a program of Java that no package brings; ``qubalab`` is by its authors, and reads
and writes the objects that QuPath does (``pip install --no-deps qubalab; pip install geojson
shapely numpy``). Printed are how many features it finds, of which kinds and classes, with which
measurements, and how many outlines are not valid.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path


def main(path: Path) -> None:
    """Read one file."""
    import shapely.geometry
    from qubalab.objects.geojson import geojson_features_from_string
    from qubalab.objects.image_feature import ImageFeature

    read = geojson_features_from_string(path.read_text("utf-8"))
    features = [ImageFeature.create_from_feature(feature) for feature in read]
    kinds = Counter(str(feature.object_type.name).lower() for feature in features)
    classes = Counter(": ".join(one.classification.names) for one in features if one.classification)
    measured = Counter(name for feature in features for name in feature.measurements)
    crooked = sum(not shapely.geometry.shape(one.geometry).is_valid for one in features)
    print(f"{path.name}: {', '.join(f'{n:,} {kind}s' for kind, n in kinds.items())}")
    print(f"  classes: {', '.join(f'{name} {n:,}' for name, n in classes.most_common())}")
    print(f"  measurements: {', '.join(f'{name} {n:,}' for name, n in measured.items())}")
    print(f"  outlines that are not valid: {crooked:,}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for name in sys.argv[1:]:
        main(Path(name))
