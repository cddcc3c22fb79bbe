-- A part below this size keeps all its columns in one file. A wide part has some two hundred, and creating and deleting them took a good part of an
-- insert's and a merge's time; the default of 10 MiB makes every full block of ours a wide part.
ALTER TABLE calls MODIFY SETTING min_bytes_for_wide_part = 134217728;
ALTER TABLE links MODIFY SETTING min_bytes_for_wide_part = 134217728;
