"""Catalogues as people really have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine.catalogue import (
    Catalogue,
    CatalogueError,
    Column,
    Product,
    RowProblemCode,
    facet_columns,
)
from vitrine.sources import delimited, read_source, rows
from vitrine.sources.columns import MAX_COLUMNS, distinct

HEADER = (
    "ProductId,Gender,Category,SubCategory,ProductType,Colour,Usage,ProductTitle,Image,ImageURL"
)
ROW = "{id},Girls,Apparel,Topwear,Tops,White,Casual,Girls White Top,{id}.jpg,photos/{id}.jpg"


def row(product_id: str) -> str:
    return ROW.format(id=product_id)


@pytest.fixture
def read(tmp_path: Path):
    def read(content: str | bytes) -> Catalogue:
        path = tmp_path / "shop.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_source(path)

    return read


def ids(catalogue: Catalogue) -> list[str]:
    return [product.id for product in catalogue.products]


def test_every_column_finds_its_place(read):
    (product,) = read(f"{HEADER}\n{row('7')}\n").products
    assert product == Product(
        id="7",
        title="Girls White Top",
        image_url="photos/7.jpg",
        facts={
            "Gender": "Girls",
            "Category": "Apparel",
            "SubCategory": "Topwear",
            "ProductType": "Tops",
            "Colour": "White",
            "Usage": "Casual",
        },
        line=2,
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_separator_is_recognised(read, delimiter):
    content = f"{HEADER}\n{row('1')}\n{row('2')}\n".replace(",", delimiter)
    assert ids(read(content)) == ["1", "2"]


def test_a_separator_inside_a_title_does_not_decide(read):
    catalogue = read('ProductId;ProductTitle;ImageURL\n1;"Red, white, blue, and, more";a.jpg\n')
    assert catalogue.products[0].title == "Red, white, blue, and, more"


def test_a_separator_inside_a_columns_name_does_not_decide(read):
    (product,) = read('ProductId;"Price, net, EUR, a piece";ImageURL\n1;10;a.jpg\n').products
    assert product.facts == {"Price, net, EUR, a piece": "10"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_any_usual_encoding_is_read(read, encoding):
    catalogue = read("ProductId,ProductTitle,ImageURL\n1,Vestido Canção,a.jpg\n".encode(encoding))
    assert catalogue.products[0].id == "1"
    assert catalogue.products[0].title == "Vestido Canção"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_line_ending_is_read_and_lines_are_counted_right(read, newline):
    catalogue = read(newline.join([HEADER, row("1"), "broken", row("2"), ""]))
    assert ids(catalogue) == ["1", "2"]
    assert [problem.line for problem in catalogue.problems] == [3]


def test_a_quoted_newline_stays_in_its_row_and_becomes_a_blank(read):
    catalogue = read('ProductId,ProductTitle,ImageURL\n1,"Long\nTitle",a.jpg\n2,Short,b.jpg\n')
    assert [p.title for p in catalogue.products] == ["Long Title", "Short"]
    assert [p.line for p in catalogue.products] == [2, 4]


def test_broken_rows_are_reported_by_line_and_shift_no_other_row(read):
    stray = row("3").replace("Girls White Top", "Girls, White, Top")
    catalogue = read("\n".join([HEADER, row("1"), stray, row("2"), "4,Girls", row("5")]))
    assert ids(catalogue) == ["1", "2", "5"]
    assert [p.image_url for p in catalogue.products] == [f"photos/{i}.jpg" for i in (1, 2, 5)]
    assert [(p.line, p.code) for p in catalogue.problems] == [
        (3, RowProblemCode.BROKEN_ROW),
        (5, RowProblemCode.BROKEN_ROW),
    ]
    assert catalogue.problems[0].message == "12 fields where the header has 10"


def test_a_quote_that_never_closes_costs_its_own_row_only(read):
    open_quote = '9,Girls,Apparel,Topwear,Tops,White,Casual,"Girls Top,9.jpg,photos/9.jpg'
    catalogue = read("\n".join([HEADER, row("1"), open_quote, row("2"), row("3"), ""]))
    assert ids(catalogue) == ["1", "2", "3"]
    assert [problem.line for problem in catalogue.problems] == [3]


def test_a_huge_field_after_an_open_quote_costs_its_own_row_only(read):
    rows = [row(str(number)) for number in range(3000)]
    rows.insert(1, '"9999,Girls,Apparel')
    catalogue = read("\n".join([HEADER, *rows]))
    assert len(catalogue.products) == 3000
    assert [problem.line for problem in catalogue.problems] == [3]


def test_a_duplicate_id_keeps_its_first_row(read):
    catalogue = read(f"{HEADER}\n{row('1')}\n{row('1').replace('White', 'Red')}\n{row('2')}\n")
    assert ids(catalogue) == ["1", "2"]
    assert catalogue.products[0].facts["Colour"] == "White"
    (problem,) = catalogue.problems
    assert (problem.line, problem.code) == (3, RowProblemCode.DUPLICATE_ID)
    assert "line 2" in problem.message


def test_rows_without_an_id_or_a_photo_reference_are_reported(read):
    catalogue = read("ProductId,ImageURL\n,a.jpg\n2,\n3,c.jpg\n")
    assert ids(catalogue) == ["3"]
    assert [p.code for p in catalogue.problems] == [
        RowProblemCode.NO_ID,
        RowProblemCode.NO_IMAGE_URL,
    ]


@pytest.mark.parametrize("product_id", [".", "..", " .. "])
def test_an_id_that_no_address_can_end_with_is_reported_by_its_line(read, product_id):
    catalogue = read(f"{HEADER}\n{row('...')}\n{row(product_id)}\n{row('a/..')}\n")
    assert ids(catalogue) == ["...", "a/.."]
    (problem,) = catalogue.problems
    assert (problem.line, problem.code) == (3, RowProblemCode.NO_ID)
    assert problem.message == (
        f"a product id of '{product_id.strip()}', which can be no part of an address"
    )


def test_empty_lines_are_no_rows(read):
    catalogue = read(f"\n{HEADER}\n\n{row('1')}\n  \n,,,,,,,,,\n{row('2')}\n\n")
    assert ids(catalogue) == ["1", "2"]
    assert catalogue.problems == ()


def test_optional_columns_may_be_missing_and_a_title_is_made_of_facts(read):
    catalogue = read("ProductId,Colour,ImageURL\n1,Red,a.jpg\n2,,b.jpg\n")
    assert [p.title for p in catalogue.products] == ["Red", "2"]
    assert [dict(p.facts) for p in catalogue.products] == [{"Colour": "Red"}, {}]


def test_extra_columns_are_kept_as_facts(read):
    (product,) = read("ProductId,ImageURL,Fabric\n1,a.jpg,Linen\n").products
    assert product.facts == {"Fabric": "Linen"}


def test_column_names_are_found_in_any_case_and_spacing(read):
    (product,) = read("product_id,product title,IMAGEURL\n1,Top,a.jpg\n").products
    assert (product.id, product.title, product.image_url) == ("1", "Top", "a.jpg")


def test_styles_csv_names_its_photos_by_id(read):
    (product,) = read(
        "id,gender,articleType,productDisplayName\n15970,Men,Shirts,Navy Shirt\n"
    ).products
    assert product.image_url == "images/15970.jpg"
    assert product.title == "Navy Shirt"
    assert product.facts == {"gender": "Men", "articleType": "Shirts"}


def test_blanks_in_a_photo_reference_are_kept(read):
    (product,) = read("ProductId,ImageURL\n1, photos/my  shirt.jpg \n").products
    assert product.image_url == "photos/my  shirt.jpg"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        (f"{HEADER}\n", "has a header but no products"),
        ("ProductId,Colour\n1,Red\n", "has no column ImageURL"),
        ("Name,ImageURL\nx,a.jpg\n", "has no column ProductId, id"),
        ("ProductId,ImageURL\n,a.jpg\n", "has no usable row. Line 2"),
        (
            'ProductId,"ImageURL\n1,a.jpg\n',
            r"broken line 1, .* quote that is not closed\. Mend",
        ),
        (
            f"{'x' * 140_000},ImageURL\n1,a.jpg\n",
            r"broken line 1, .* field larger than .*\. Mend",
        ),
        ('sep="\nProductId"ImageURL\n1"a.jpg\n', "has no column ProductId"),
    ],
)
def test_an_unusable_catalogue_says_why(read, content, words):
    with pytest.raises(CatalogueError, match=words):
        read(content)


def test_a_missing_catalogue_says_so(tmp_path):
    with pytest.raises(CatalogueError, match="no catalogue at"):
        read_source(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("name", [".", ".."])
def test_a_column_whose_name_no_address_can_end_with_stays_a_fact(read, name):
    catalogue = read(f"ProductId,ImageURL,{name},...\n1,a.jpg,x,y\n2,b.jpg,x,y\n")
    assert facet_columns(catalogue.products) == ["..."]
    assert catalogue.products[0].facts == {name: "x", "...": "y"}


@pytest.mark.parametrize("second", ['2,"Other,b.jpg', '2,"Other one",b.jpg'])
def test_two_quotes_too_many_do_not_merge_two_rows(read, second):
    catalogue = read(f'ProductId,ProductTitle,ImageURL\n1,"Best,a.jpg\n{second}\n3,Third,c.jpg\n')
    assert ("1", "b.jpg") not in [(p.id, p.image_url) for p in catalogue.products]
    assert ids(catalogue)[-1] == "3"
    assert catalogue.products[-1].image_url == "c.jpg"
    assert catalogue.problems[0].line == 2


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_excels_line_that_names_the_separator_is_obeyed(read, separator):
    catalogue = read(f"sep={separator}\nProductId{separator}ImageURL\n1{separator}a.jpg\n")
    assert [(p.id, p.line) for p in catalogue.products] == [("1", 3)]


def test_two_columns_of_one_name_are_both_kept(read):
    (product,) = read("ProductId,ImageURL,Colour,Colour\n1,a.jpg,Red,Blue\n").products
    assert product.facts == {"Colour": "Red", "Colour 2": "Blue"}


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (["C", "C", "C 2"], ["C", "C 3", "C 2"]),
        (["C 2", "C", "C", "C"], ["C 2", "C", "C 3", "C 4"]),
        (["Main\nC", "Main C"], ["Main C", "Main C 2"]),
        (["", "C", ""], ["", "C", ""]),
    ],
)
def test_no_two_columns_come_out_with_one_name(header, names):
    assert distinct(header) == names


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_header_may_begin_with_such_a_column(read, separator):
    text = (
        f'"Main\nColour"{separator}ProductId{separator}ImageURL\nRed{separator}1{separator}a.jpg\n'
    )
    (product,) = read(text).products
    assert (product.id, product.facts) == ("1", {"Main Colour": "Red"})


def test_a_column_named_over_two_lines_is_one_fact(read):
    (product,) = read('ProductId,ImageURL,"Main\nColour"\n1,a.jpg,Red\n').products
    assert product.facts == {"Main Colour": "Red"}


def test_what_a_terminal_would_obey_is_taken_out(read):
    (product,) = read("ProductId,ProductTitle,ImageURL\n1,\x1b[31mRed\x07 top,a.jpg\n").products
    assert product.title == "[31mRed top"


STYLES = (
    "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,"
    "productDisplayName"
)
STYLE = "{id},{gender},Apparel,Topwear,Shirts,Navy Blue,Fall,2011,Casual,{title}"


def test_an_unquoted_comma_in_a_title_that_comes_last_is_part_of_it(read):
    rows = [
        STYLE.format(id=1, gender="Men", title="Navy Shirt"),
        STYLE.format(id=2, gender="Men", title="Red, White and Blue Shirt"),
        STYLE.format(id=3, gender="Men", title="Shirt,Slim,XL"),
    ]
    catalogue = read("\n".join([STYLES, *rows]))
    assert [p.title for p in catalogue.products] == [
        "Navy Shirt",
        "Red, White and Blue Shirt",
        "Shirt,Slim,XL",
    ]
    assert catalogue.products[2].facts == catalogue.products[0].facts
    assert catalogue.problems == ()


def test_a_comma_that_may_be_elsewhere_costs_its_row(read):
    rows = [
        STYLE.format(id=1, gender="Men", title="Navy Shirt"),
        STYLE.format(id=2, gender="Men,Unisex", title="Navy Shirt"),
        STYLE.format(id=3, gender="Boys", title="Navy, Slim"),
    ]
    catalogue = read("\n".join([STYLES, *rows]))
    assert ids(catalogue) == ["1"]
    assert [(p.line, p.message) for p in catalogue.problems] == [
        (3, "11 fields where the header has 10"),
        (4, "11 fields where the header has 10"),
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("id,title,image link,price", ("7", "Top", "a.jpg")),  # Google Merchant
        ("SKU,Name,image,price", ("7", "Top", "a.jpg")),
        ("item-id,product_name,Image Src,price", ("7", "Top", "a.jpg")),
        ("article_id,title,photo,price", ("7", "Top", "a.jpg")),
    ],
)
def test_other_common_names_of_columns_are_known(read, header, expected):
    (product,) = read(f"{header}\n7,Top,a.jpg,10 EUR\n").products
    assert (product.id, product.title, product.image_url) == expected
    assert product.facts == {"price": "10 EUR"}


def test_a_column_of_file_names_beside_that_of_addresses_is_neither_photo_nor_fact(read):
    (product,) = read("ProductId,Image,ImageURL\n1,1.jpg,photos/1.jpg\n").products
    assert (product.image_url, product.facts) == ("photos/1.jpg", {})


def test_the_owner_says_which_columns_are_meant(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text("id;Kürzel;Bezeichnung;Bild\nx;K1;Hemd;a.jpg\n")
    mapped = {Column.ID: "Kürzel", Column.TITLE: "bezeichnung", Column.IMAGE_URL: "Bild"}
    (product,) = read_source(path, mapped).products
    assert (product.id, product.title, product.image_url) == ("K1", "Hemd", "a.jpg")
    assert product.facts == {"id": "x"}


def test_a_column_that_is_not_there_cannot_be_meant(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text("id,image\n1,a.jpg\n")
    with pytest.raises(CatalogueError, match=r"no column Titel; its columns are: id, image\."):
        read_source(path, {Column.TITLE: "Titel"})


def test_five_broken_rows_of_44_000_cost_themselves_alone(read):
    """As in the data set itself: titles with commas that nobody has quoted, here and there."""
    lines = [STYLES]
    lines += [STYLE.format(id=n, gender="Men", title=f"Shirt number {n}") for n in range(44_000)]
    broken = [7, 9_999, 20_000, 31_415, 44_000]  # the header is line 1
    for line in broken:
        lines[line - 1] = STYLE.format(id=line - 2, gender="Men,Boys", title="Shirt")
    lines[100] = STYLE.format(id=99, gender="Men", title="Red, White and Blue")
    catalogue = read("\r\n".join(lines))
    assert [problem.line for problem in catalogue.problems] == broken
    assert len(catalogue.products) == 43_995
    assert catalogue.products[98].title == "Red, White and Blue"
    for product in catalogue.products:
        assert product.image_url == f"images/{product.id}.jpg"
        assert product.line == int(product.id) + 2
        assert product.title == f"Shirt number {product.id}" or product.id == "99"


def test_one_photo_may_be_that_of_two_products(read):
    catalogue = read("ProductId,ImageURL\n1,a.jpg\n2,a.jpg\n")
    assert [(p.id, p.image_url) for p in catalogue.products] == [("1", "a.jpg"), ("2", "a.jpg")]


@pytest.mark.parametrize("damage", [b"\xff", b"\xc3", b"\xe2\x82"])
def test_a_few_bytes_that_are_no_utf_8_cost_no_other_row_its_accents(read, damage):
    good = "ProductId,ProductTitle,ImageURL\n1,Canção,a.jpg\n2,Übergröße,b.jpg\n".encode()
    catalogue = read(good + b"3,Caf" + damage + b",c.jpg\n")
    assert [p.title for p in catalogue.products] == ["Canção", "Übergröße", "Caf\ufffd"]


def test_the_five_bytes_that_windows_1252_lacks_cost_nothing_else(read):
    body = "ProductId,ProductTitle,ImageURL\n1,Canção,a.jpg\n".encode("latin-1")
    catalogue = read(body + b"2,A\x81,b.jpg\n")
    assert [p.title for p in catalogue.products] == ["Canção", "A\ufffd"]


def test_columns_that_are_told_of_are_few_short_and_nothing_that_a_terminal_obeys(read):
    names = ["\x1b[31mRed", "y" * 500, *map(str, range(500))]
    with pytest.raises(CatalogueError) as refused:
        read(",".join(names) + "\n")
    words = str(refused.value)
    assert "columns are: [31mRed, yyyyy" in words
    assert "17, and 482 more. Rename" in words
    assert len(words) < 500


@pytest.mark.parametrize("row", ['3,"Best,c.jpg', '3,c.jpg,"Best'])
def test_a_quote_that_the_last_row_does_not_close_costs_that_row(read, row):
    catalogue = read(f"ProductId,ImageURL,ProductTitle\n1,a.jpg,First\n2,b.jpg,Second\n{row}")
    assert ids(catalogue) == ["1", "2"]
    assert [problem.line for problem in catalogue.problems] == [4]


def test_quotes_that_never_close_do_not_keep_the_reader_busy_without_end(read):
    rows = 'x,"y","z\n' * 5_000  # each seems to go on to the end of the file
    with pytest.raises(CatalogueError, match=r"too many quotes .* on line 23\. Write it again"):
        read(f"ProductId,ImageURL\n1,a.jpg\n{rows}")


def test_a_few_such_quotes_cost_their_rows(read):
    good = [f"{number},a.jpg\n" for number in range(3_000)]
    bad = ['x,"y","z\n'] * 15
    catalogue = read("".join(["ProductId,ImageURL\n", *good[:1_000], *bad, *good[1_000:]]))
    assert len(catalogue.products) == 3_000
    assert [problem.line for problem in catalogue.problems] == list(range(1_002, 1_017))


class TestTooMuch:
    """What would take more memory or time than any catalogue of a shop."""

    def test_of_rows(self, read, monkeypatch):
        monkeypatch.setattr(rows, "MAX_ROWS", 100)
        table = [f"{number},a.jpg" for number in range(101)]
        assert len(read("\n".join(["ProductId,ImageURL", *table[:100]])).products) == 100
        for wrong in (table, ["x"] * 101):
            with pytest.raises(CatalogueError, match=r"more than 100 rows, .*\. Split it"):
                read("\n".join(["ProductId,ImageURL", "1,a.jpg", *wrong]))

    @pytest.mark.parametrize("newline", ["\n", "\r"])
    def test_of_lines(self, read, newline):
        with pytest.raises(CatalogueError, match=r"more than 2,000,000 rows"):
            read(newline * (rows.MAX_ROWS + 1) * delimited.LINES_A_ROW)

    def test_of_columns(self, read):
        names = ["ProductId", "ImageURL", *(f"c{number}" for number in range(MAX_COLUMNS - 2))]
        row = ["1", "a.jpg", *["x"] * (MAX_COLUMNS - 2)]
        assert len(read(f"{','.join(names)}\n{','.join(row)}\n").products[0].facts) == 998
        with pytest.raises(CatalogueError, match=r"has 1,001 columns, and at most 1,000"):
            read(f"{','.join(names)},y\n{','.join(row)},x\n")
