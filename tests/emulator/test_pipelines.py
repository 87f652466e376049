"""Pipelines with the unmodified SDK: steps really run, data really flows."""


def test_steps_run_in_order_and_hand_on_their_data(program):
    found = program("pipelines")
    assert found["problems"] == []
    assert (found["kind"], found["status"]) == ("PipelineRun", "Finished")
    assert found["steps"] == ["prepare", "report"]
    assert found["statuses"] == ["Finished", "Finished"]
    assert found["summary"] == "5 ['kept.txt']"


def test_step_sees_datasets_references_paths_and_parameters(program):
    assert program("pipelines")["log"][-2:] == [
        "rows 5 parameter 5 own mine",
        "raw ['a.csv', 'b.csv'] where ['a.csv', 'b.csv']",
    ]


def test_step_runs_are_found_with_logs_metrics_and_outputs(program):
    found = program("pipelines")
    assert found["step_kinds"] == ["StepRun", "StepRun"]
    assert found["metrics"] == {"rows": 5}
    assert found["parent_metrics"] == {"rows_of_first": 5}
    assert found["by_name"] == ["report"]
    assert found["without_definition"] == [False, "UserErrorException"]
    assert found["outputs"] == ["kept", "part"]
    assert set(found["part"]) == {"part.csv"}
    assert found["kept"] == ["/kept.txt"]


def test_unchanged_steps_are_reused_and_changed_ones_are_not(program):
    found = program("pipelines")
    assert (found["again"], found["reused"]) == ("Finished", ["true", "true"])
    assert (found["regenerated"], found["not_reused"]) == ("Finished", [None, None])
    assert (found["later"], found["reused_later"]) == ("Finished", True)


def test_parameters_of_a_run_replace_the_defaults(program):
    found = program("pipelines")
    assert found["changed"] == "Finished"
    assert found["changed_log"][-2:] == [
        "rows 7 parameter 7 own mine",
        "raw ['a.csv', 'b.csv'] where ['c.csv']",
    ]


def test_failed_step_fails_the_run_and_what_follows_never_starts(program):
    found = program("pipelines")
    assert found["failed"].startswith("ActivityFailedException")
    assert found["failed_status"] == "Failed"
    assert found["failed_steps"] == {"failing": "Failed"}
    assert found["why"] == "User program failed with ValueError: boom"


def test_steps_that_wait_for_each_other_are_refused(program):
    told = program("pipelines")["endless"].rpartition(": ")
    assert told[0] == "The steps of the pipeline wait for each other"
    assert set(told[2].rstrip(".").split(" -> ")) == {"hen", "egg"}


def test_details_tell_warnings_where_there_are_any(program):
    assert program("pipelines")["warned"] is False


def test_step_fails_where_its_compute_target_is_not(program):
    found = program("pipelines")
    assert found["homeless"] == "Failed"
    assert found["why_homeless"] == "Unknown compute target 'not-yet'."


def test_cancel_ends_the_running_step(program):
    found = program("pipelines")
    assert (found["canceled"], found["canceled_steps"]) == ("Canceled", ["Canceled"])


def test_step_that_takes_longer_than_it_may_is_canceled(program):
    assert (program("pipelines")["over"], program("pipelines")["late"]) == ("Failed", "Canceled")


def test_graph_of_a_run_and_of_a_published_pipeline_is_read_back(program):
    assert program("pipelines")["graphs"] == [["prepare", "report"]] * 2


def test_automl_step_trains_and_its_metrics_and_model_are_read_back(program):
    found = program("pipeline_automl")
    assert found["status"] == "Finished"
    assert (found["children"], found["metric"]) == (2, True)
    assert found["right"] > 0.9  # what is to be said stands in the paths alone
    assert (found["step"], found["best"]) == ("StepRun", True)


def test_reused_automl_step_gives_its_iterations(program):
    assert program("pipeline_automl")["reused"] == ["0", True, "FittedPipeline"]


def test_steps_of_ones_own_may_run_in_the_environment_of_automl(program):
    assert program("pipeline_automl")["same_surroundings"] == ["AzureML-AutoML", "AzureML-AutoML"]


def test_step_after_automl_registers_the_model(program):
    assert program("pipeline_automl")["registered"] == ["registered from-pipeline 1"]


def test_parallel_run_gives_rows_in_mini_batches_to_workers(program):
    found = program("pipeline_parallel")
    assert (found["status"], found["rows"]) == ("Finished", True)
    assert found["workers"] >= 1
    assert sorted(found["batch_step"], key=str) == [None, "true", "true"]
    assert found["batches"] >= 2
    assert found["side"] == "3 ['a.txt', 'b.txt', 'bad.txt', 'c.txt']"
    assert found["read"] == ["files ['rows.txt']"]


def test_parallel_run_goes_on_below_its_error_threshold_and_fails_above(program):
    found = program("pipeline_parallel")
    assert found["files"] == ["a.txt 12", "b.txt 12", "c.txt 12"]
    assert found["failed"].startswith("ActivityFailedException")
    assert found["why"].endswith("1 items failed, error_threshold is 0: ValueError: bad file")


def test_parallel_run_works_on_partitions_and_tells_the_script_which(program):
    found = program("pipeline_parallel")
    assert found["parted"] == "Finished"
    assert found["parts"] == ["one 2 2", "one 2 2", "two 1 1"]
    assert found["heard"] == [True, True]


def test_time_of_init_is_no_time_of_run(program):
    assert program("pipeline_parallel")["late"] == "Finished"


def test_settings_of_parallel_run_are_parameters(program):
    found = program("pipeline_parallel")
    assert found["sizes"] > 1
    assert found["nodes"] == 3


def test_outputs_of_steps_are_mounted_and_read_as_tables(program):
    found = program("pipeline_datasets")
    assert (found["status"], found["registered"]) == ("Finished", 1)
    assert found["uses"] == {
        "use-mounted": ["files mounted ['note.txt', 'part.csv']", "arguments ['--in', 'mounted']"],
        "use-table": ["table rows_in 120 ['a', 'label']", "arguments []"],
        "use-old": ["table old 120 ['a', 'b', 'label']", "arguments []"],
    }


def test_outputs_are_registered_as_files_and_as_the_tables_they_are_read_as(program):
    found = program("pipeline_datasets")
    assert found["rows"] == [["a", "label"], "a and label", {"of": "pipeline"}]
    assert found["old"] == ["note.txt", "part.csv"]


def test_paths_and_datasets_are_parameters(program):
    found = program("pipeline_datasets")
    assert (found["problems"], found["changed"]) == ([], "Finished")
    assert found["looked"][0] == "table chosen 2 ['q', 'w']"


def test_command_step_runs_in_a_shell_and_leaves_its_output(program):
    found = program("pipeline_datasets")
    assert (found["command"], found["said"]) == ("Finished", ["files", "files made"])
    assert found["after"][0] == "files made_in ['note.txt', 'part.csv']"


def test_outputs_are_inputs_under_new_names_with_columns_of_their_paths(program):
    found = program("pipeline_outputs")
    assert found["status"] == "Finished"
    chosen, located, parted, renamed = found["seen"]
    assert (chosen, renamed) == (
        "seen chosen_in ['rows.csv']",
        "seen renamed ['notes.txt', 'rows.csv']",
    )
    assert parted.startswith("seen parted_in ['a', 'b', 'region', 'year']")
    assert located.startswith("seen located_in ['Path', 'a', 'b'] ['1', '2']")


def test_only_chosen_files_of_an_output_are_uploaded_and_the_run_tells_its_datasets(program):
    found = program("pipeline_outputs")
    assert [path.rpartition("/")[2] for path in found["chosen"]] == found["told"] == ["rows.csv"]
    assert found["inputs"] == [["outputs-in", "table"]]
    assert found["handed"] == ["chosen_in", "located_in", "parted_in", "renamed"]
    assert (found["consumed"], found["empty"]) == (["given"], ["empty", 1])
    assert found["outputs"] == ["chosen", "located", "parted"]
    assert found["parts"] == {"year": ["2020"], "a": ["1"]}


def test_output_at_a_fixed_place_is_a_new_version_each_time_with_names_below_its_folder(program):
    found = program("pipeline_outputs")
    assert found["versions"] == [[1, 1], [2, 2]]
    assert found["fixed"] == ["/a.txt", "/c.txt", "/sub/b.txt"]


def test_step_is_not_reused_when_what_it_reads_was_written_anew_at_the_same_place(program):
    assert program("pipeline_outputs")["reads"] == "['a.txt', 'c.txt', 'sub']"


def test_step_tells_its_definition_as_the_service_spells_it(program):
    found = program("pipeline_outputs")
    assert found["defined"] == ["Upload", {"globPatterns": ["**/*.csv"]}]
    assert found["registration"] == ["chosen-files", True]
    assert (found["variables"], found["told_table"]) == ({}, "Direct")
    assert (found["compute"], found["environment"]) == (False, "default-environment")


def test_run_of_a_step_tells_the_version_that_an_output_was_registered_as(program):
    named = program("pipeline_outputs")["named"]
    assert named["chosen"] == ["chosen-files", 1, "FileDataset"]
    assert named["parted"][:2] == [None, None]


def test_command_keeps_its_quotes(program):
    assert program("pipeline_outputs")["shell"] == ["two  words", "4 2", "nested"]


def test_first_word_of_a_command_and_its_variables_keep_their_quotes(program):
    assert program("pipeline_choices")["shell"] == ["[a  b][][you  all (you  all)][$1][c\\d]"]


def test_datasets_that_are_inputs_alone_are_chosen_when_a_published_pipeline_is_run(program):
    found = program("pipeline_choices")
    assert found["by_sdk"] == ["saw folder ['two.csv']", "saw rows 1"]
    assert (found["by_rest"], found["step_tag"]) == (["saw folder ['one.csv']", "saw rows 2"], "7")


def test_dataset_whose_default_the_client_does_not_send_must_be_given(program):
    found = program("pipeline_choices")
    assert found["without"].startswith("ErrorResponseException")
    assert found["half"]["message"].startswith("The dataset parameter 'files' has no value.")


def test_reused_step_has_metrics_files_tags_and_outputs_of_the_one_before(program):
    found = program("pipeline_choices")
    assert found["reused"] == [True, True, True]
    files = ["outputs/two words ü.txt", "user_logs/std_log.txt"]
    assert found["taken"] == [{"first": 1, "all": [1, 2]}, files, "red", "kept"]
    assert found["output"] == [1, "made it\n", "Finished"]


def test_run_is_the_child_of_the_one_that_it_is_submitted_under(program):
    assert program("pipeline_outputs")["parents"] == program("pipeline_outputs")["children"] == [True, True]


def test_automl_step_trains_on_the_output_of_a_step(program):
    found = program("pipeline_datasets")
    assert len(found["parquet"]) == len(found["csv"]) == 1
    assert min(found["parquet"] + found["csv"]) > 0.9


def test_draft_is_run_changed_published_and_cloned(program):
    found = program("pipeline_drafts")
    assert (found["run"], found["last"]) == (["Finished", "said first"], True)
    assert (found["name"], found["changed"]) == ("two", ["Finished", "said second more"])
    assert (found["listed"], found["graph"], found["first_graph"]) == ([1, 0], ["say"], ["say"])
    assert found["published"] == ["two", ["Finished", "said second more"]]
    assert found["copies"] == [["Finished", "said second more"]] * 2 + [["Finished", "said first"]]
    assert found["gone"].startswith("ErrorResponseException")


def test_modules_have_versions_and_a_default(program):
    found = program("pipeline_modules")
    assert (found["default"], found["versions"], found["same"]) == ("2", ["1", "2"], "putter")
    assert found["taken"].startswith("ErrorResponseException")
    assert (found["changed"], found["disabled"]) == (["1", "changed"], "Disabled")


def test_types_of_data_are_made_once_and_listed_with_the_known_ones(program):
    found = program("pipeline_modules")
    assert found["data_type"] == ["Scores", "a table of scores", False, ["AnyFile"]]
    assert found["data_types"] == ["AnyFile", "Scores"]
    assert found["type_taken"].endswith("'Conflict'")


def test_steps_of_modules_run_with_their_own_arguments_and_wiring(program):
    found = program("pipeline_modules")
    assert found["sums"] == ["Finished", "sum 18", "sum 19"]
    assert found["other"] == ["Finished", "sum 2", "sum 3"]


def test_search_step_tries_its_values_on_the_data_of_other_steps(program):
    found = program("pipeline_hyperdrive")
    assert (found["status"], found["searched"]) == ("Finished", ["Completed", 2])
    assert found["best"] == {"score": 23}


def test_metrics_and_best_model_of_a_search_step_go_on(program):
    found = program("pipeline_hyperdrive")
    assert found["used"] == ["best", "3"]
    assert found["metrics"] == [{"score": [21.0]}, {"score": [23.0]}]
    assert (found["again"], found["reused"]) == ("Finished", ["true"] * 3)


def test_reused_search_step_has_the_trials_of_the_one_before(program):
    found = program("pipeline_hyperdrive")
    assert (found["best_again"], found["trials_below_again"]) == (True, True)


def test_search_step_of_failing_trials_fails(program):
    found = program("pipeline_hyperdrive")
    assert found["failed"].startswith("ActivityFailedException")
    assert found["why"].startswith("The search has failed")


def test_transfer_step_copies_between_datastores(program):
    found = program("pipeline_transfer")
    assert (found["status"], found["found"]) == ("Finished", "['a.txt', 'below/b.txt']")
    assert found["renamed"] == ["renamed.txt"]
    assert (found["failed"], found["why"]) == (
        "Failed",
        "There is nothing to copy at workspaceblobstore/nowhere.",
    )
