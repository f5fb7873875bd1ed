"""Network families, one a file: a generator and a discriminator as columns of layer calls.

A file has two functions, `generator(z, *, ...)` and `discriminator(images, *, ...)`. What they need
to know they name as keyword-only arguments, and only that is handed to them:

| argument | what it is |
|---|---|
| the name of a setting | that setting, such as `image_size`, `channels`, `base_filters` |
| `dtype` | the type to compute in |
| `is_training` | generator: normalise by the batch's own statistics, not by the moving averages |
| `update_averages` | add to UPDATE_OPS the ops that move those averages |
| `dropout_key` | discriminator: `ops.dropout`'s, another one at each step and each use |

A file may have `read_settings(shapes)` too: the settings that the shapes of a checkpoint's
variables tell, so that pictures can be rendered from a checkpoint that no `run.json` lies beside.
"""
